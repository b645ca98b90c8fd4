//! Who owns what: the options of a connection are borrowed for the call, and may be made for it.

use crate::bench::*;
use crate::driver::command::network::Cgsn;
use crate::driver::{Broker, ConnectOptions, Connection, Error, Event};

/// What a firmware keeps in one place. It has no lifetime besides that of its inbox.
struct Device<'i> {
    modem: TestModem<'i>,
    options: ConnectOptions<'static>,
}

impl Device<'_> {
    async fn go_online(&mut self) -> Result<Connection, Error> {
        self.modem.client(FIRST).connect(&self.options).await
    }
}

#[test]
fn a_struct_owns_the_modem_and_the_options_of_its_connection() {
    for (family, _) in crate::FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3");
        let mut device = Device { modem: modem(&bench, family, &inbox), options };
        bench.block_on(async {
            assert_eq!(device.go_online().await.or_transcript(&bench), Connection::Opened);
            let mut moved = Box::new(device);
            assert_eq!(moved.go_online().await, Ok(Connection::Adopted));
        });
    }
}

#[test]
fn the_client_id_can_be_made_at_run_time_from_the_imei() {
    on_every_family(&[], async |bench, modem, _| {
        let imei = modem.execute(&Cgsn).await.or_transcript(bench).expect("the module has an IMEI");
        let connect = async |modem: &mut TestModem<'_>| {
            let client_id = format!("meter-{}", imei.as_str().expect("digits"));
            let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), &client_id);
            modem.client(FIRST).connect(&options).await
        };
        assert_eq!(connect(modem).await.or_transcript(bench), Connection::Opened);
        let id = bench.loopback(|broker, _| broker.connection(0).map(|connection| connection.client_id.clone()));
        assert_eq!(id, Some(format!("meter-{}", imei.as_str().unwrap())));
        // Another string with the same text: the same options.
        assert_eq!(connect(modem).await, Ok(Connection::Adopted));
    });
}

#[test]
fn credentials_can_change_between_two_connects() {
    on_every_family(&[], async |bench, modem, _| {
        let mut password = *b"token-1";
        for (number, expected) in [(b'1', Connection::Opened), (b'2', Connection::Opened), (b'2', Connection::Adopted)]
        {
            // The same place in memory each time, as a firmware that renews its token has it.
            password[6] = number;
            let options = OPTIONS.credentials("meter-3", str::from_utf8(&password).unwrap());
            assert_eq!(modem.client(FIRST).connect(&options).await.or_transcript(bench), expected);
            let used =
                bench.loopback(|broker, _| broker.connection(0).and_then(|connection| connection.password.clone()));
            assert_eq!(used.as_deref(), str::from_utf8(&password).ok());
        }
        // After a loss, options of the last time need no other command.
        bench.loopback(|broker, now| broker.close(now, 0, 1));
        while !matches!(modem.next_event().await, Ok(Event::ConnectionLost { .. })) {}
        let sent = bench.sent().len();
        let options = OPTIONS.credentials("meter-3", "token-2");
        assert_eq!(modem.client(FIRST).connect(&options).await, Ok(Connection::Opened));
        assert!(bench.sent()[sent..].starts_with(b"AT+CMQTTCONNECT="), "{}", bench.transcript_text());
    });
}
