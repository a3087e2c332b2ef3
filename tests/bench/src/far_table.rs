//! A table that is far away, as it is in the cloud: it takes every put and does nothing for it.
//!
//! The embedded table shares two cores and their caches with what asks it, and has more to do for an item that is listed in an
//! index than for one that is not. Where a function's own processor time is measured, that would be counted as the function's.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::Outcome;
use crate::runtime_api::read;

/// What it answers to a put, in DynamoDB's words.
const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";

#[derive(Default)]
struct Shared {
    puts: AtomicUsize,
    over: AtomicBool,
}

pub(crate) struct FarTable {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl FarTable {
    pub(crate) fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let held = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if held.over.load(Ordering::SeqCst) {
                    break;
                }
                let held = Arc::clone(&held);
                // A connection ends with the function, and an error says no more than that.
                std::thread::spawn(move || drop(take(&stream, &held)));
            }
        });
        Ok(Self { address, shared })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The puts it has taken.
    pub(crate) fn puts(&self) -> usize {
        self.shared.puts.load(Ordering::SeqCst)
    }
}

impl Drop for FarTable {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread that listens, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

/// Takes the puts of one connection.
fn take(stream: &TcpStream, shared: &Shared) -> Outcome {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        read(&mut reader)?;
        shared.puts.fetch_add(1, Ordering::SeqCst);
        (&*stream).write_all(TAKEN)?;
    }
}
