//! The driver, the simulated module and a real broker in one process: the `quickstart` example on every family.

#[path = "../examples/quickstart.rs"]
#[allow(dead_code, reason = "its main function belongs to the example")]
mod quickstart;

use quickstart::{FamilyName, run};

#[tokio::test]
async fn every_message_comes_back_from_a_real_broker_on_a7600() {
    run(FamilyName::A7600).await.unwrap();
}

#[tokio::test]
async fn every_message_comes_back_from_a_real_broker_on_a76xx() {
    run(FamilyName::A76xx).await.unwrap();
}

#[tokio::test]
async fn every_message_comes_back_from_a_real_broker_on_sim7600() {
    run(FamilyName::Sim7600).await.unwrap();
}

#[tokio::test]
async fn every_message_comes_back_from_a_real_broker_on_sim767x() {
    run(FamilyName::Sim767x).await.unwrap();
}
