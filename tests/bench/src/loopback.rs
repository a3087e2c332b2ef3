//! A server on loopback, a thread to each connection, as small as it can be: what it costs is not to show in what is measured.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Outcome;

/// It listens until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    over: Arc<AtomicBool>,
}

impl Server {
    /// Has each connection answered by what is given, which ends with an error when its other side does.
    pub(crate) fn start(converse: impl Fn(&TcpStream) -> Outcome + Send + Sync + 'static) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (over, converse) = (Arc::new(AtomicBool::new(false)), Arc::new(converse));
        let held = Arc::clone(&over);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if held.load(Ordering::SeqCst) {
                    break;
                }
                let converse = Arc::clone(&converse);
                // A connection ends with the function, and an error says no more than that.
                std::thread::spawn(move || drop(stream.set_nodelay(true).map(|()| converse(&stream))));
            }
        });
        Ok(Self { address, over })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the thread that listens, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

/// Reads one request: its first line, and its body.
pub(crate) fn read(reader: &mut BufReader<&TcpStream>) -> Outcome<(String, Vec<u8>)> {
    let first = line(reader)?;
    let (mut length, mut chunked) = (0_usize, false);
    loop {
        let header = line(reader)?.to_ascii_lowercase();
        match header.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse()?,
            Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    if !chunked {
        reader.take(u64::try_from(length)?).read_to_end(&mut body)?;
        return Ok((first, body));
    }
    loop {
        let size = u64::from_str_radix(line(reader)?.split(';').next().unwrap_or_default().trim(), 16)?;
        reader.by_ref().take(size).read_to_end(&mut body)?;
        // After a chunk comes an empty line; after the last, trailers, and an empty line too.
        while !line(reader)?.is_empty() {}
        if size == 0 {
            return Ok((first, body));
        }
    }
}

/// A line of a head.
fn line(reader: &mut BufReader<&TcpStream>) -> Outcome<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err("the connection is closed".into());
    }
    Ok(line.trim_end().to_owned())
}
