//! What may move between threads: the futures of the client, and the inbox of the feature `sync`.

mod futures;
mod inbox;
mod module;
