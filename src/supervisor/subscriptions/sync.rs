//! The list of topic filters for several threads.

use core::fmt;
use core::task::Waker;

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::{Change, ChangeEnd, ListFull, SubscriptionList, Subscriptions};
use crate::command::QoS;

/// A [`SubscriptionList`] that is `Sync`: other tasks, threads or interrupts change it, and the supervisor notices at
/// once.
///
/// `Raw` is the mutex of embassy-sync, usually `CriticalSectionRawMutex`. A `static` holds it:
///
/// ```
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use simcom_mqtt::QoS;
/// use simcom_mqtt::supervisor::SyncSubscriptionList;
///
/// static FILTERS: SyncSubscriptionList<CriticalSectionRawMutex, &str, 4> = SyncSubscriptionList::new();
///
/// std::thread::spawn(|| FILTERS.add("device-7/cmd/#", QoS::AtLeastOnce)).join().unwrap().unwrap();
/// assert!(FILTERS.remove("device-7/cmd/#"));
/// ```
///
/// Or with filters that it has from the beginning:
///
/// ```
/// # use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// # use simcom_mqtt::QoS;
/// # use simcom_mqtt::supervisor::SyncSubscriptionList;
/// static FILTERS: SyncSubscriptionList<CriticalSectionRawMutex, &str, 2> =
///     SyncSubscriptionList::of([("device-7/cmd/#", QoS::AtLeastOnce), ("all/cmd", QoS::AtMostOnce)]);
///
/// assert!(FILTERS.remove("all/cmd"));
/// ```
pub struct SyncSubscriptionList<Raw, F, const N: usize> {
    list: Mutex<Raw, SubscriptionList<F, N>>,
}

impl<Raw: RawMutex, F, const N: usize> SyncSubscriptionList<Raw, F, N> {
    /// An empty list.
    pub const fn new() -> Self {
        Self { list: Mutex::new(SubscriptionList::new()) }
    }
}

impl<Raw: RawMutex, F: Copy, const N: usize> SyncSubscriptionList<Raw, F, N> {
    /// As [`SubscriptionList::of`].
    pub const fn of(filters: [(F, QoS); N]) -> Self {
        Self { list: Mutex::new(SubscriptionList::of(filters)) }
    }
}

impl<Raw: RawMutex, F: AsRef<[u8]>, const N: usize> SyncSubscriptionList<Raw, F, N> {
    /// As [`SubscriptionList::add`].
    ///
    /// # Errors
    ///
    /// [`ListFull`]: `N` filters are in the list, or removed and not yet unsubscribed from.
    pub fn add(&self, filter: F, qos: QoS) -> Result<(), ListFull> {
        self.list.lock(|list| list.add(filter, qos))
    }

    /// As [`SubscriptionList::remove`].
    pub fn remove(&self, filter: impl AsRef<[u8]>) -> bool {
        self.list.lock(|list| list.remove(filter))
    }

    /// As [`SubscriptionList::is_subscribed`].
    pub fn is_subscribed(&self, filter: impl AsRef<[u8]>) -> bool {
        self.list.lock(|list| list.is_subscribed(filter))
    }
}

impl<Raw: RawMutex, F: AsRef<[u8]> + Clone + Send, const N: usize> Subscriptions for &SyncSubscriptionList<Raw, F, N> {
    type Filter = F;

    fn next_change(&self) -> Option<Change<F>> {
        self.list.lock(|list| list.next_change())
    }

    fn ended(&self, place: u8, end: ChangeEnd) {
        self.list.lock(|list| list.ended(place, end));
    }

    fn begin_again(&self) {
        self.list.lock(|list| list.begin_again());
    }

    fn has_change(&self, waker: &Waker) -> bool {
        self.list.lock(|list| list.has_change(waker))
    }
}

impl<Raw: RawMutex, F, const N: usize> Default for SyncSubscriptionList<Raw, F, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Raw, F, const N: usize> fmt::Debug for SyncSubscriptionList<Raw, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSubscriptionList").field("capacity", &N).finish_non_exhaustive()
    }
}
