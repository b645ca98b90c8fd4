// Runs the examples of the documentation on a simulated module, in virtual time. Included where needed.

pub struct VirtualTimer(simcom_modem_simulator::pipe::Clock);

impl simcom_mqtt::Timer for VirtualTimer {
    fn now(&self) -> core::time::Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: core::time::Duration) {
        self.0.wait_until(deadline).await;
    }
}

/// Runs an example on a fresh module of the SIM7600 family.
pub fn on_simulated_module<O>(
    example: impl AsyncFnOnce(
        simcom_modem_simulator::pipe::Receiver,
        simcom_modem_simulator::pipe::Transmitter,
        VirtualTimer,
    ) -> Result<O, simcom_mqtt::Error>,
) -> O {
    let bench = simcom_modem_simulator::pipe::Bench::new(simcom_modem_simulator::family::Family::Sim7600);
    let (receiver, transmitter) = bench.host();
    match bench.block_on(example(receiver, transmitter, VirtualTimer(bench.clock()))) {
        Ok(output) => output,
        Err(error) => panic!("{error}\n{}", bench.transcript_text()),
    }
}
