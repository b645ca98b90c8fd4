//! A whole session of a device, with a restart of the module in the middle of a message.

use std::time::Duration;

use anyhow::{Context, Result};
use rumqttc::QoS;
use simcom_modem_simulator::behaviour::{Behaviour, MessagePlace};
use simcom_modem_simulator::family::Family;

use super::{random, receipt};
use crate::module::Module;
use crate::peer::Peer;

const STATUS: &str = "firmware/status";
const LARGE: &str = "firmware/in/large";

pub(super) const FILTERS: [&str; 2] = [STATUS, "firmware/out/#"];

/// The longest message that a module receives.
const LONGEST: usize = 10_240;
/// A position in the middle of its second part.
const BROKEN_OFF: usize = 3_000;

/// Boot time. Real modules take several seconds; it must be longer than the time after which the driver aborts a
/// message.
const BOOT: Duration = Duration::from_secs(5);

pub(super) fn behaviour(family: Family) -> Behaviour {
    let mut behaviour = Behaviour::of(family);
    behaviour.timing.boot = BOOT;
    // The restart must hit nothing but the message.
    behaviour.message_in_publish = MessagePlace::After;
    behaviour
}

pub(super) async fn play(peer: &mut Peer, module: &Module) -> Result<()> {
    online(peer).await.context("after the start")?;
    peer.expect("firmware/out/0", QoS::AtMostOnce, b"21.5").await?;
    peer.expect("firmware/out/1", QoS::AtLeastOnce, b"\r\nOK\r\n").await?;
    peer.expect("firmware/out/2", QoS::ExactlyOnce, b"> on").await?;

    let message = random(LONGEST);
    module.restart_after(BROKEN_OFF);
    peer.send(LARGE, &message).await?;
    peer.expect(STATUS, QoS::AtLeastOnce, b"lost").await.context("the will")?;

    online(peer).await.context("after the restart")?;
    peer.send(LARGE, &message).await?;
    peer.expect("firmware/out/checksum", QoS::AtLeastOnce, &receipt(&message)).await
}

async fn online(peer: &mut Peer) -> Result<()> {
    peer.expect(STATUS, QoS::AtLeastOnce, b"online").await
}
