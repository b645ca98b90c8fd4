//! What may move between threads: the futures of the client and of a shared modem, the inbox of the feature `sync`, and
//! tasks that await its messages.

mod futures;
mod inbox;
mod module;
mod receive;
mod shared;
