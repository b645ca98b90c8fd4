//! The topic filters that a session is subscribed to.

#[cfg(feature = "sync")]
mod sync;

use core::cell::Cell;
use core::fmt;
use core::task::Waker;

use crate::command::QoS;
#[cfg(feature = "sync")]
pub use sync::SyncSubscriptionList;

/// There is no place for another filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ListFull;

impl fmt::Display for ListFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no place for another topic filter")
    }
}

impl core::error::Error for ListFull {}

/// A subscription that is to be made or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<F> {
    /// The place in the list.
    pub place: u8,
    /// The topic filter.
    pub filter: F,
    /// The quality of service of a subscription to make; `None` where it is to be ended.
    pub qos: Option<QoS>,
}

/// Where a [`Supervisor`](super::Supervisor) has its topic filters from: a reference to a [`SubscriptionList`] or a
/// `SyncSubscriptionList`.
pub trait Subscriptions {
    /// A topic filter.
    type Filter: AsRef<[u8]> + Send;

    /// The next subscription to make or to end, which is under way then.
    fn next_change(&self) -> Option<Change<Self::Filter>>;

    /// What was under way at this place has ended: done, refused, or to be tried again.
    fn ended(&self, place: u8, end: ChangeEnd);

    /// There is a new session, in which nothing is subscribed to.
    fn begin_again(&self);

    /// Whether there is a subscription to make or to end. If not, wakes `waker` when there is.
    fn has_change(&self, waker: &Waker) -> bool;
}

/// How a change has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeEnd {
    /// It is made.
    Done,
    /// It was refused: it waits for the next session.
    Refused,
    /// It is to be made again.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// It is to be subscribed to, or to be unsubscribed from.
    Due,
    UnderWay,
    Done,
    Refused,
}

#[derive(Debug)]
struct Entry<F> {
    filter: F,
    qos: QoS,
    /// Whether it is in the list. If not, the subscription is to be ended.
    is_wanted: bool,
    progress: Progress,
    /// The module may be subscribed to it.
    was_tried: bool,
}

impl<F> Entry<F> {
    const fn new(filter: F, qos: QoS) -> Self {
        Self { filter, qos, is_wanted: true, progress: Progress::Due, was_tried: false }
    }
}

/// At most `N` topic filters that a session is subscribed to, and that can change while it is up: for one thread.
///
/// `F` is a `&str`, or anything else that is `Clone` and has bytes: a string of fixed capacity for filters that are
/// made at run time. A filter that was removed has its place until its subscription is ended.
///
/// ```
/// use simcom_mqtt::QoS;
/// use simcom_mqtt::supervisor::SubscriptionList;
///
/// let filters = SubscriptionList::<&str, 4>::new();
/// filters.add("device-7/cmd/#", QoS::AtLeastOnce).unwrap();
/// filters.add("all/cmd", QoS::AtMostOnce).unwrap();
/// filters.remove("all/cmd");
/// assert!(!filters.is_subscribed("device-7/cmd/#"));
/// ```
pub struct SubscriptionList<F, const N: usize> {
    entries: [Cell<Option<Entry<F>>>; N],
    waker: Cell<Option<Waker>>,
}

impl<F, const N: usize> SubscriptionList<F, N> {
    /// An empty list.
    pub const fn new() -> Self {
        Self { entries: [const { Cell::new(None) }; N], waker: Cell::new(None) }
    }
}

impl<F: Copy, const N: usize> SubscriptionList<F, N> {
    /// A list of these filters, as [`From`] makes it, for a constant.
    pub const fn of(filters: [(F, QoS); N]) -> Self {
        let mut list = Self::new();
        let (mut places, mut rest): (&mut [_], &[_]) = (&mut list.entries, &filters);
        while let (Some((place, places_behind)), Some((&(filter, qos), behind))) =
            (places.split_first_mut(), rest.split_first())
        {
            *place = Cell::new(Some(Entry::new(filter, qos)));
            (places, rest) = (places_behind, behind);
        }
        list
    }
}

impl<F: AsRef<[u8]>, const N: usize> SubscriptionList<F, N> {
    /// Subscribes to a filter, or changes the quality of service of one in the list. Its arguments are checked when it
    /// is sent: see [`SubscriptionRefused`](super::Transition::SubscriptionRefused).
    ///
    /// # Errors
    ///
    /// [`ListFull`]: `N` filters are in the list, or removed and not yet unsubscribed from.
    pub fn add(&self, filter: F, qos: QoS) -> Result<(), ListFull> {
        let known = self.find(filter.as_ref());
        let place = known.or_else(|| self.position(|entry| entry.is_none())).ok_or(ListFull)?;
        let was_tried = known.is_some() && self.with(place, |entry| entry.was_tried).unwrap_or(false);
        place.set(Some(Entry { was_tried, ..Entry::new(filter, qos) }));
        self.wake();
        Ok(())
    }

    /// Unsubscribes from a filter. Returns whether it was in the list.
    pub fn remove(&self, filter: impl AsRef<[u8]>) -> bool {
        let Some(place) = self.find(filter.as_ref()) else { return false };
        let Some(mut entry) = place.take() else { return false };
        let was_wanted = core::mem::replace(&mut entry.is_wanted, false);
        if entry.was_tried {
            if was_wanted {
                entry.progress = Progress::Due;
            }
            place.set(Some(entry));
            self.wake();
        }
        was_wanted
    }

    /// Whether the session is subscribed to this filter of the list.
    pub fn is_subscribed(&self, filter: impl AsRef<[u8]>) -> bool {
        let place = self.find(filter.as_ref());
        place.is_some_and(|place| {
            self.with(place, |entry| entry.is_wanted && entry.progress == Progress::Done).unwrap_or(false)
        })
    }

    fn position(&self, is_it: impl Fn(&Option<Entry<F>>) -> bool) -> Option<&Cell<Option<Entry<F>>>> {
        self.entries.iter().find(|place| {
            let entry = place.take();
            let found = is_it(&entry);
            place.set(entry);
            found
        })
    }

    fn find(&self, filter: &[u8]) -> Option<&Cell<Option<Entry<F>>>> {
        self.position(|entry| entry.as_ref().is_some_and(|entry| entry.filter.as_ref() == filter))
    }

    /// Works on the entry at a place, if there is one.
    fn with<T>(&self, place: &Cell<Option<Entry<F>>>, work: impl FnOnce(&mut Entry<F>) -> T) -> Option<T> {
        let mut entry = place.take()?;
        let result = work(&mut entry);
        place.set(Some(entry));
        Some(result)
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A filter that is under way is due too: the call was dropped.
fn is_due(progress: Progress) -> bool {
    matches!(progress, Progress::Due | Progress::UnderWay)
}

impl<F: AsRef<[u8]> + Clone + Send, const N: usize> Subscriptions for &SubscriptionList<F, N> {
    type Filter = F;

    fn next_change(&self) -> Option<Change<F>> {
        self.entries.iter().zip(0..).find_map(|(entry, place)| {
            self.with(entry, |entry| {
                is_due(entry.progress).then(|| {
                    entry.progress = Progress::UnderWay;
                    entry.was_tried = true;
                    Change { place, filter: entry.filter.clone(), qos: entry.is_wanted.then_some(entry.qos) }
                })
            })?
        })
    }

    fn ended(&self, place: u8, end: ChangeEnd) {
        let Some(cell) = self.entries.get(usize::from(place)) else { return };
        let Some(mut entry) = cell.take() else { return };
        // Otherwise it was changed meanwhile, and is due again.
        if entry.progress == Progress::UnderWay {
            entry.progress = match end {
                ChangeEnd::Done if !entry.is_wanted => return,
                ChangeEnd::Done => Progress::Done,
                ChangeEnd::Refused => Progress::Refused,
                ChangeEnd::Unknown => Progress::Due,
            };
        }
        cell.set(Some(entry));
    }

    fn begin_again(&self) {
        for entry in &self.entries {
            self.with(entry, |entry| entry.progress = Progress::Due);
        }
    }

    fn has_change(&self, waker: &Waker) -> bool {
        let has_change = self.position(|entry| entry.as_ref().is_some_and(|entry| is_due(entry.progress))).is_some();
        if !has_change {
            self.waker.set(Some(waker.clone()));
        }
        has_change
    }
}

impl<F, const N: usize> Default for SubscriptionList<F, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F, const N: usize> From<[(F, QoS); N]> for SubscriptionList<F, N> {
    /// A list of these filters, with no place for others until one is removed.
    fn from(filters: [(F, QoS); N]) -> Self {
        Self { entries: filters.map(|(filter, qos)| Cell::new(Some(Entry::new(filter, qos)))), waker: Cell::new(None) }
    }
}

impl<F, const N: usize> fmt::Debug for SubscriptionList<F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionList").field("capacity", &N).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type List<const N: usize> = SubscriptionList<&'static str, N>;

    /// Makes every change, and returns them.
    fn settle<const N: usize>(list: &List<N>) -> std::vec::Vec<(&'static str, Option<QoS>)> {
        let mut changes = std::vec::Vec::new();
        while let Some(Change { place, filter, qos }) = Subscriptions::next_change(&list) {
            changes.push((filter, qos));
            list.ended(place, ChangeEnd::Done);
        }
        changes
    }

    extern crate std;

    const ONCE: QoS = QoS::AtLeastOnce;

    #[test]
    fn each_filter_is_subscribed_to_once_in_each_session() {
        let list = List::from([("a", ONCE), ("b/#", QoS::AtMostOnce)]);
        let both = [("a", Some(ONCE)), ("b/#", Some(QoS::AtMostOnce))];
        assert_eq!(settle(&list), both);
        assert!(list.is_subscribed("a") && list.is_subscribed("b/#") && !list.is_subscribed("c"));
        assert_eq!(settle(&list), []);
        (&list).begin_again();
        assert!(!list.is_subscribed("a"));
        assert_eq!(settle(&list), both);
    }

    #[test]
    fn a_constant_list_has_its_filters_from_the_beginning() {
        let list = const { List::of([("a", ONCE), ("b/#", QoS::AtMostOnce)]) };
        assert_eq!(list.add("c", ONCE), Err(ListFull));
        assert_eq!(settle(&list), [("a", Some(ONCE)), ("b/#", Some(QoS::AtMostOnce))]);
        assert_eq!(settle(&const { List::<0>::of([]) }), []);
    }

    #[test]
    fn what_is_removed_is_unsubscribed_from_and_then_makes_room() {
        let list = List::<1>::new();
        assert!(!list.remove("a"));
        assert_eq!(list.add("a", ONCE), Ok(()));
        // Never sent, so there is nothing to end.
        assert!(list.remove("a"));
        assert_eq!(settle(&list), []);
        assert_eq!(list.add("a", ONCE), Ok(()));
        settle(&list);
        assert_eq!(list.add("b", ONCE), Err(ListFull));
        assert!(list.remove("a") && !list.remove("a"));
        assert_eq!(list.add("b", ONCE), Err(ListFull));
        assert_eq!(settle(&list), [("a", None)]);
        assert_eq!(list.add("b", ONCE), Ok(()));
        assert_eq!(settle(&list), [("b", Some(ONCE))]);
    }

    #[test]
    fn a_change_while_the_filter_is_under_way_is_made_afterwards() {
        let list = List::from([("a", ONCE)]);
        let subscribe = (&list).next_change().unwrap();
        assert!(list.remove("a"));
        (&list).ended(subscribe.place, ChangeEnd::Done);
        let unsubscribe = (&list).next_change().unwrap();
        assert_eq!(unsubscribe.qos, None);
        assert_eq!(list.add("a", QoS::ExactlyOnce), Ok(()));
        (&list).ended(unsubscribe.place, ChangeEnd::Done);
        assert_eq!(settle(&list), [("a", Some(QoS::ExactlyOnce))]);
        assert!(list.is_subscribed("a"));
    }

    #[test]
    fn a_refused_filter_waits_for_the_next_session_and_one_whose_call_was_dropped_does_not() {
        let list = List::from([("a", ONCE), ("b", ONCE)]);
        let refused = (&list).next_change().unwrap();
        (&list).ended(refused.place, ChangeEnd::Refused);
        let dropped = (&list).next_change().unwrap();
        assert_eq!((&list).next_change(), Some(dropped));
        (&list).ended(dropped.place, ChangeEnd::Unknown);
        assert_eq!(settle(&list), [("b", Some(ONCE))]);
        (&list).begin_again();
        assert_eq!(settle(&list).len(), 2);
        // Or until it is added again.
        let list = List::from([("a", ONCE)]);
        (&list).next_change().unwrap();
        (&list).ended(0, ChangeEnd::Refused);
        assert_eq!(list.add("a", ONCE), Ok(()));
        assert_eq!(settle(&list).len(), 1);
    }

    #[test]
    fn a_change_of_the_list_wakes_who_waits_for_it() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU32, Ordering};
        use std::task::Wake;

        struct Count(AtomicU32);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let count = Arc::new(Count(AtomicU32::new(0)));
        let waker = Waker::from(count.clone());
        let list = List::<2>::new();
        assert!(!(&list).has_change(&waker));
        list.add("a", ONCE).unwrap();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!((&list).has_change(&waker));
        settle(&list);
        assert!(!(&list).has_change(&waker));
        list.remove("a");
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
    }
}
