use super::*;

const CLIENT: Option<ClientIndex> = Some(ClientIndex::First);
const NEEDS_CONNECTION: [Effect; 7] =
    [Effect::Topic, Effect::Payload, Effect::Pub, Effect::Sub, Effect::Unsub, Effect::Subtopic, Effect::Unsubtopic];

fn after(steps: &[Effect]) -> Lifecycle {
    let mut life = Lifecycle::new();
    life.restarted();
    for &effect in steps {
        let client = if matches!(effect, Effect::Start | Effect::Stop) { None } else { CLIENT };
        assert_eq!(life.check(effect, client), Ok(()), "{effect:?}");
        life.succeeded(effect, client);
    }
    life
}

#[test]
fn the_whole_lifecycle_is_legal_in_its_order_and_can_begin_again() {
    let round =
        [Effect::Start, Effect::Accq, Effect::Configure, Effect::Connect, Effect::Sub, Effect::Pub, Effect::Disc];
    after(&[&round[..], &[Effect::Connect, Effect::Disc, Effect::Rel, Effect::Stop], &round].concat());
}

#[test]
fn every_step_out_of_order_names_what_it_lacks() {
    let stopped = after(&[]);
    for effect in
        [Effect::Stop, Effect::Accq, Effect::Rel, Effect::Configure, Effect::Connect, Effect::Disc, Effect::Pub]
    {
        assert_eq!(stopped.check(effect, CLIENT), Err(Illegal::ServiceNotStarted), "{effect:?}");
    }
    let started = after(&[Effect::Start]);
    assert_eq!(started.check(Effect::Start, None), Err(Illegal::ServiceStarted));
    for effect in [Effect::Rel, Effect::Configure, Effect::Connect] {
        assert_eq!(started.check(effect, CLIENT), Err(Illegal::ClientNotAcquired), "{effect:?}");
    }
    let acquired = after(&[Effect::Start, Effect::Accq]);
    assert_eq!(acquired.check(Effect::Accq, CLIENT), Err(Illegal::ClientAcquired));
    assert_eq!(acquired.check(Effect::Stop, None), Err(Illegal::ClientStillAcquired));
    assert_eq!(acquired.check(Effect::Disc, CLIENT), Err(Illegal::ClientNotConnected));
    for effect in NEEDS_CONNECTION {
        assert_eq!(acquired.check(effect, CLIENT), Err(Illegal::ClientNotConnected), "{effect:?}");
    }
    let connected = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
    for effect in [Effect::Rel, Effect::Configure, Effect::Connect, Effect::SslContext] {
        assert_eq!(connected.check(effect, CLIENT), Err(Illegal::ClientConnected), "{effect:?}");
    }
    assert_eq!(connected.check(Effect::Stop, None), Err(Illegal::ClientStillAcquired));
}

#[test]
fn the_clients_do_not_share_their_state() {
    let connected = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
    assert_eq!(connected.check(Effect::Pub, Some(ClientIndex::Second)), Err(Illegal::ClientNotConnected));
    assert_eq!(connected.check(Effect::Accq, Some(ClientIndex::Second)), Ok(()));
}

#[test]
fn a_lost_connection_leaves_the_client_acquired_and_prepared() {
    let mut life = after(&[Effect::Start, Effect::Accq]);
    life.client_mut(ClientIndex::First).staging.set_prepared(true);
    life.succeeded(Effect::Connect, CLIENT);
    life.connection_lost(ClientIndex::First);
    assert_eq!(life.client(ClientIndex::First).state, ClientState::Acquired);
    assert!(life.client(ClientIndex::First).staging.is_prepared());
    assert_eq!(life.service, ServiceState::Started);
}

#[test]
fn a_lost_network_stops_the_service_and_leaves_the_clients_unknown() {
    let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
    life.network_lost();
    assert_eq!(life.check(Effect::Accq, CLIENT), Err(Illegal::ServiceNotStarted));
    assert_eq!(life.client(ClientIndex::First).state, ClientState::Unknown);
}

#[test]
fn a_filter_of_slashes_is_undone_once_while_its_client_is_connected_whatever_happened_to_it_before() {
    let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
    life.padded_filter = Some((ClientIndex::First, 9));
    life.network_lost();
    assert_eq!(life.padded_filter(), None);
    for effect in [Effect::Start, Effect::Accq, Effect::Connect] {
        life.succeeded(effect, if effect == Effect::Start { None } else { CLIENT });
    }
    assert_eq!(life.padded_filter(), Some((ClientIndex::First, 9)));
    life.padded_filter_is_undone();
    assert_eq!(life.padded_filter(), None);
}

#[test]
fn a_code_can_correct_what_was_believed() {
    for (code, state) in [
        (ResultCode::NO_CONNECTION, ClientState::Unknown),
        (ResultCode::CLIENT_NOT_ACQUIRED, ClientState::Released),
        (ResultCode::CLIENT_IS_BUSY, ClientState::Connected),
    ] {
        let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
        life.failed(Effect::Topic, CLIENT, Refusal::Code(code));
        assert_eq!(life.client(ClientIndex::First).state, state, "{code}");
    }
}

#[test]
fn a_bare_error_does_not_say_that_a_publish_was_carried_out() {
    let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect, Effect::Topic, Effect::Payload]);
    life.failed(Effect::Pub, CLIENT, Refusal::Error);
    assert!(life.client_mut(ClientIndex::First).staging.check_no_payload().is_err());
    life.failed(Effect::Pub, CLIENT, Refusal::Code(ResultCode::TIMEOUT));
    assert_eq!(life.client_mut(ClientIndex::First).staging.check_no_payload(), Ok(()));
}
