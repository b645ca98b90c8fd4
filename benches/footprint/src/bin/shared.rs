//! Several tasks on one module: one answers commands, one asks for the signal, one runs the module and keeps its session
//! up. What a supervised program needs in place of `async_client`.
#![no_std]
#![no_main]

use core::future::poll_fn;
use core::pin::pin;

use cortex_m as _;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use footprint::block_on;
use footprint::inbox::CAPACITY;
use footprint::scenario::{COMMANDS, FAMILY, ON, OPTIONS, QOS, state};
use footprint::{Clock, Receiver, Transmitter};
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::supervisor::{Backoff, NoBringUp, Policy, Recovery, SubscriptionList, Supervisor};
use simcom_mqtt::{ClientIndex, Modem, Route, Router, SharedModem, SyncInbox};

type Module<'a> = SharedModem<'a, CriticalSectionRawMutex, Receiver, Transmitter, Clock, &'a Router<'a>>;
type Commands = SyncInbox<CriticalSectionRawMutex, CAPACITY>;

const CLIENT: ClientIndex = ClientIndex::First;

/// Publishes every command as the state.
async fn answer(module: &Module<'_>, commands: &Commands, buffer: &mut [u8; CAPACITY]) -> ! {
    let _ = module.wait_up(CLIENT).await;
    let mut command = ON;
    loop {
        let _ = module.publish(CLIENT, &state(command)).await;
        command = commands.receive(buffer).await.payload();
    }
}

/// What another subsystem does.
async fn ask(module: &Module<'_>) -> ! {
    loop {
        let _ = module.execute(&Csq).await;
    }
}

/// Ends only with an error of the UART.
async fn run(module: &Module<'_>) -> ! {
    let filters = SubscriptionList::from([(COMMANDS, QOS)]);
    let mut supervisors = [Supervisor::new(CLIENT, &OPTIONS, &filters, Policy::new(Backoff::new(7)))];
    let mut recovery = Recovery::new(NoBringUp);
    loop {
        let _ = module.run(&mut supervisors, &mut recovery, |_| {}).await;
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (receiver, transmitter, clock) = footprint::start();
    let commands = Commands::new();
    let routes = [Route::new(COMMANDS, &commands)];
    let Ok(router) = Router::new(&routes) else {
        loop {
            core::hint::spin_loop()
        }
    };
    let mut modem = Modem::new(receiver, transmitter, clock, FAMILY, &router);
    let module = Module::new();
    let _ = module.give(&mut modem);
    let mut buffer = [0; CAPACITY];
    let (mut run, mut answer, mut ask) =
        (pin!(run(&module)), pin!(answer(&module, &commands, &mut buffer)), pin!(ask(&module)));
    block_on(pin!(poll_fn(|context| {
        let _ = answer.as_mut().poll(context);
        let _ = ask.as_mut().poll(context);
        run.as_mut().poll(context)
    })))
}
