//! Everything that firmware does in the life of a device, with a module that restarts in the middle of a message.

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
/// In the middle of its second part.
const BROKEN_OFF: usize = 3_000;

/// Real modules take several seconds. What matters: longer than the driver takes to notice that a message has broken off.
const BOOT: Duration = Duration::from_secs(5);

pub(super) fn behaviour(family: Family) -> Behaviour {
    let mut behaviour = Behaviour::of(family);
    behaviour.timing.boot = BOOT;
    // So that the restart hits nothing but the message.
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
