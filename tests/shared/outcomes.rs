//! An outcome does not hold the module.

use core::time::Duration;

use crate::bed::{FIRST, SECOND, acknowledged, on_every_family, returned};
use crate::driver::command::DiscRead;
use crate::driver::command::network::Csq;
use crate::driver::{Error, Event};

#[test]
fn a_command_of_another_task_is_answered_while_a_publish_waits_for_the_broker() {
    on_every_family(&[], &[FIRST], |bed| {
        bed.bench.loopback(|broker, _| broker.silent = true);
        let module = bed.module;
        let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"on")).await });
        bed.run_for_seconds(1);
        let before = bed.bench.now();
        bed.now("signal", async move { module.execute(&Csq).await }).unwrap();
        assert!(bed.bench.now() - before < Duration::from_secs(1), "{}", bed.bench.transcript_text());
        assert!(published.borrow().is_none());
        bed.run_for_seconds(70);
        assert!(matches!(returned(&published, &bed.bench), Err(Error::Refused { .. })));
    });
}
