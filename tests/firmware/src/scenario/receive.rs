//! One message of any length.

use anyhow::{Result, ensure};
use rumqttc::QoS;

use super::{random, receipt};
use crate::peer::Peer;

const STATE: &str = "device-7/state";

pub(super) const FILTERS: [&str; 1] = [STATE];

pub(super) async fn play(peer: &mut Peer, payload: usize) -> Result<()> {
    let state = peer.expect_on(STATE).await?;
    peer.check_qos(&state, QoS::AtLeastOnce)?;
    let message = random(payload);
    peer.send("device-7/cmd/large", &message).await?;
    let (state, receipt) = (peer.expect_on(STATE).await?.payload, receipt(&message));
    let is_right = state == message || state == receipt;
    let (came, receipt) = (state.escape_ascii(), receipt.escape_ascii());
    ensure!(is_right, "the state is neither the command nor its receipt \"{receipt}\" but \"{came}\"");
    Ok(())
}
