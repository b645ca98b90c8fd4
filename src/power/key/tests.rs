extern crate std;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::io::ErrorKind;
use std::vec::Vec;

use super::*;
use crate::Family;
use embedded_hal_mock::eh1::MockError;
use embedded_hal_mock::eh1::delay::{CheckedDelay, Transaction as Wait};
use embedded_hal_mock::eh1::digital::{Mock, State, Transaction as Pin};

const TIMING: PowerTiming = PowerTiming::of(Family::Sim7600);

fn pulse() -> [Pin; 2] {
    [Pin::set(State::Low), Pin::set(State::High)]
}

fn statuses(levels: impl IntoIterator<Item = State>) -> Mock {
    Mock::new(&levels.into_iter().map(Pin::get).collect::<Vec<_>>())
}

fn done<S: InputPin>(key: PowerKey<Mock, S>) -> Option<S> {
    let (mut pin, status) = key.into_inner();
    pin.done();
    status
}

#[test]
fn a_key_is_pressed_as_long_as_its_family_wants() {
    for (family, on, off) in [(Family::Sim7600, 500, 3_000), (Family::A76xx, 1_000, 3_000)] {
        let mut delay = CheckedDelay::new(&[Wait::blocking_delay_ms(on), Wait::blocking_delay_ms(off)]);
        let mut key = PowerKey::new(Mock::new(&[pulse(), pulse()].concat()), PowerTiming::of(family));
        assert_eq!(key.is_on(), Ok(None));
        key.power_on(&mut delay).unwrap();
        key.power_off(&mut delay).unwrap();
        delay.done();
        assert!(done(key).is_none());
    }
}

#[test]
fn every_length_can_be_set() {
    let timing = TIMING
        .on_pulse(core::time::Duration::from_millis(51))
        .off_pulse(core::time::Duration::from_millis(2_501))
        .reset_pulse(core::time::Duration::from_millis(101))
        .status_limit(core::time::Duration::from_secs(5));
    assert_eq!((timing.on_ms, timing.off_ms, timing.reset_ms, timing.status_limit_ms), (51, 2_501, 101, 5_000));
}

#[test]
fn through_a_transistor_high_is_pressed() {
    let mut delay = CheckedDelay::new(&[Wait::blocking_delay_ms(500)]);
    let mut key = PowerKey::new(Mock::new(&[Pin::set(State::High), Pin::set(State::Low)]), TIMING).inverted();
    key.power_on(&mut delay).unwrap();
    delay.done();
    done(key);
}

#[test]
fn a_module_that_is_on_is_not_switched_on() {
    let mut key = PowerKey::new(Mock::new(&[]), TIMING).with_status(statuses([State::High, State::High, State::High]));
    let mut delay = CheckedDelay::new(&[]);
    assert_eq!(key.is_on(), Ok(Some(true)));
    key.power_on(&mut delay).unwrap();
    assert_eq!(key.is_on(), Ok(Some(true)));
    delay.done();
    done(key).unwrap().done();
}

#[test]
fn it_waits_until_the_status_pin_follows() {
    let waits = [3_000, 100, 100].map(Wait::blocking_delay_ms);
    let mut delay = CheckedDelay::new(&waits);
    let status = statuses([State::High, State::High, State::High, State::Low]);
    let mut key = PowerKey::new(Mock::new(&pulse()), TIMING).with_status(status);
    key.power_off(&mut delay).unwrap();
    delay.done();
    done(key).unwrap().done();
}

#[test]
fn a_status_pin_that_never_follows_is_an_error() {
    let timing = TIMING.status_limit(core::time::Duration::from_millis(300));
    let mut delay = CheckedDelay::new(&[500, 100, 100, 100].map(Wait::blocking_delay_ms));
    let mut key = PowerKey::new(Mock::new(&pulse()), timing).with_status(statuses([State::Low; 5]));
    assert_eq!(key.power_on(&mut delay), Err(PowerError::TimedOut));
    delay.done();
    done(key).unwrap().done();
}

#[test]
fn errors_say_which_pin_failed() {
    let error = || MockError::Io(ErrorKind::NotConnected);
    let mut delay = CheckedDelay::new(&[]);
    let mut key = PowerKey::new(Mock::new(&[Pin::set(State::Low).with_error(error())]), TIMING);
    assert_eq!(key.power_on(&mut delay), Err(PowerError::Key(error())));
    done(key);
    let status = Mock::new(&[Pin::get(State::Low).with_error(error())]);
    let mut key = PowerKey::new(Mock::new(&[]), TIMING).with_status(status);
    assert_eq!(key.power_on(&mut delay), Err(PowerError::Status(error())));
    delay.done();
    done(key).unwrap().done();
}

#[cfg(feature = "async")]
#[test]
fn an_executor_can_do_something_else_meanwhile() {
    let mut delay = CheckedDelay::new(&[500, 100, 3_000].map(Wait::async_delay_ms));
    let status = statuses([State::Low, State::Low, State::High, State::High, State::Low]);
    let mut key = PowerKey::new(Mock::new(&[pulse(), pulse()].concat()), TIMING).with_status(status);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(key.power_on_async(&mut delay)).poll(&mut context), Poll::Ready(Ok(())));
    assert_eq!(pin!(key.power_off_async(&mut delay)).poll(&mut context), Poll::Ready(Ok(())));
    delay.done();
    done(key).unwrap().done();
}

#[cfg(feature = "async")]
#[test]
fn a_dropped_future_releases_the_key() {
    struct Never;

    impl embedded_hal_async::delay::DelayNs for Never {
        async fn delay_ns(&mut self, _: u32) {
            core::future::pending().await
        }
    }

    let mut key = PowerKey::new(Mock::new(&pulse()), TIMING);
    {
        let mut delay = Never;
        let mut future = pin!(key.power_on_async(&mut delay));
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    }
    done(key);
}
