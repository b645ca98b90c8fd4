//! What may move between threads: the futures of the client, the inbox of the feature `sync`, and tasks that await its
//! messages.

mod futures;
mod inbox;
mod module;
mod receive;
