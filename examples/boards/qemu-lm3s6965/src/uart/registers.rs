//! Registers of the PL011 (LM3S6965 data sheet, "Universal Asynchronous Receivers/Transmitters").

use volatile_register::{RO, RW, WO};

/// `UARTFR`: the receive FIFO is empty.
const RECEIVE_EMPTY: u32 = 1 << 4;
/// `UARTFR`: the transmit FIFO is full.
const TRANSMIT_FULL: u32 = 1 << 5;
/// `UARTDR`: bytes were lost before this one.
const OVERRUN: u32 = 1 << 11;
/// `UARTLCRH`: 8 data bits, FIFOs on.
const EIGHT_BITS_FIFOS: u32 = 0b11 << 5 | 1 << 4;
/// `UARTCTL`: receiver, transmitter, UART.
const ENABLED: u32 = 1 << 9 | 1 << 8 | 1;
/// Bytes in the receive FIFO, room in the transmit FIFO, bytes that wait in a receive FIFO that does not fill.
const INTERRUPTS: u32 = 1 << 4 | 1 << 5 | 1 << 6;

#[repr(C)]
struct Block {
    data: RW<u32>,
    errors: RW<u32>,
    _reserved: [u32; 4],
    flags: RO<u32>,
    _reserved2: [u32; 2],
    integer_baud_rate: RW<u32>,
    fractional_baud_rate: RW<u32>,
    line_control: RW<u32>,
    control: RW<u32>,
    fifo_level: RW<u32>,
    interrupt_mask: RW<u32>,
    raw_interrupts: RO<u32>,
    masked_interrupts: RO<u32>,
    interrupt_clear: WO<u32>,
}

/// A received byte, and whether others were lost before it.
pub(super) struct Data {
    pub(super) byte: u8,
    pub(super) overrun: bool,
}

/// The registers of UART0; there is no more than one of these.
pub(super) struct Registers(());

impl Registers {
    pub(super) fn uart0() -> Self {
        Self(())
    }

    fn block(&self) -> &Block {
        // SAFETY: the address of UART0, whose registers are laid out like this; their accesses are volatile.
        unsafe { &*(0x4000_c000 as *const Block) }
    }

    pub(super) fn enable(&self) {
        // SAFETY: these registers do not touch memory.
        unsafe {
            self.block().line_control.write(EIGHT_BITS_FIFOS);
            self.block().control.write(ENABLED);
            self.block().interrupt_mask.write(INTERRUPTS);
        }
    }

    pub(super) fn clear_interrupts(&self) {
        // SAFETY: as above.
        unsafe { self.block().interrupt_clear.write(INTERRUPTS) };
    }

    /// Takes a byte out of the receive FIFO, if there is one.
    pub(super) fn receive(&self) -> Option<Data> {
        if self.block().flags.read() & RECEIVE_EMPTY != 0 {
            return None;
        }
        let data = self.block().data.read();
        Some(Data { byte: data as u8, overrun: data & OVERRUN != 0 })
    }

    /// Whether the transmit FIFO has room.
    pub(super) fn can_transmit(&self) -> bool {
        self.block().flags.read() & TRANSMIT_FULL == 0
    }

    pub(super) fn transmit(&self, byte: u8) {
        // SAFETY: as above.
        unsafe { self.block().data.write(byte.into()) };
    }
}
