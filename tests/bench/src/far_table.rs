//! A table that is far away, as it is in the cloud: it takes every put and does nothing for it.
//!
//! The embedded table shares two cores and their caches with what asks it, and has more to do for an item that is listed in an
//! index than for one that is not. Where a function's own processor time is measured, that would be counted as the function's.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Outcome;
use crate::loopback::{Server, read};

/// What it answers to a put, in DynamoDB's words.
const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";

pub(crate) struct FarTable {
    server: Server,
    puts: Arc<AtomicUsize>,
}

impl FarTable {
    pub(crate) fn start() -> Outcome<Self> {
        let puts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&puts);
        Ok(Self { server: Server::start(move |stream| take(stream, &counted))?, puts })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// The puts it has taken.
    pub(crate) fn puts(&self) -> usize {
        self.puts.load(Ordering::SeqCst)
    }
}

/// Takes the puts of one connection.
fn take(stream: &TcpStream, puts: &AtomicUsize) -> Outcome {
    let mut reader = BufReader::new(stream);
    loop {
        read(&mut reader)?;
        puts.fetch_add(1, Ordering::SeqCst);
        (&*stream).write_all(TAKEN)?;
    }
}
