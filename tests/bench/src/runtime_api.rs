//! Lambda's Runtime API on loopback: hands out events, takes the answers, and notes when it is asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long a function may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a function told it.
enum Heard {
    /// It asked for the next event.
    Polled(Instant),
    /// It answered one.
    Answered(String),
    /// It reported an error.
    Failed(String),
}

/// What the threads of the connections share.
struct Shared {
    events: Mutex<Receiver<String>>,
    heard: Sender<Heard>,
    over: AtomicBool,
}

pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    events: Sender<String>,
    heard: Receiver<Heard>,
    shared: Arc<Shared>,
}

impl RuntimeApi {
    pub(crate) fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (events, to_give) = channel();
        let (tell, heard) = channel();
        let shared = Arc::new(Shared { events: Mutex::new(to_give), heard: tell, over: AtomicBool::new(false) });
        let held = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if held.over.load(Ordering::SeqCst) {
                    break;
                }
                let held = Arc::clone(&held);
                // A connection ends with the function, and an error says no more than that.
                std::thread::spawn(move || drop(converse(&stream, &held)));
            }
        });
        Ok(Self { address, events, heard, shared })
    }

    /// When the function asked for its next event.
    pub(crate) fn polled(&self) -> Outcome<Instant> {
        match self.heard.recv_timeout(PATIENCE)? {
            Heard::Polled(at) => Ok(at),
            Heard::Answered(_) => Err("an answer nobody waited for".into()),
            Heard::Failed(error) => Err(format!("the function failed: {error}").into()),
        }
    }

    /// Hands out an event, and waits for its answer.
    pub(crate) fn invoke(&self, event: &str) -> Outcome<String> {
        self.events.send(event.to_owned())?;
        match self.heard.recv_timeout(PATIENCE)? {
            Heard::Answered(body) => Ok(body),
            Heard::Polled(_) => Err("it asked again before it answered".into()),
            Heard::Failed(error) => Err(format!("the function failed: {error}").into()),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread that listens, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

/// Answers the requests of one connection.
fn converse(stream: &TcpStream, shared: &Shared) -> Outcome {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let (request, body) = read(&mut reader)?;
        let path = request.split(' ').nth(1).unwrap_or_default();
        if path.ends_with("/invocation/next") {
            shared.heard.send(Heard::Polled(Instant::now()))?;
            let event = shared.events.lock().map_err(|_| "another connection panicked")?.recv()?;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                 lambda-runtime-deadline-ms: 9999999999999\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-3:000000000000:function:bench\r\n\r\n",
                event.len()
            );
            (&*stream).write_all(format!("{head}{event}").as_bytes())?;
            continue;
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        let heard = if path.ends_with("/response") { Heard::Answered(body) } else { Heard::Failed(body) };
        // The acknowledgement goes first: what is heard is followed by the next request at once.
        (&*stream).write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        shared.heard.send(heard)?;
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

fn line(reader: &mut BufReader<&TcpStream>) -> Outcome<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err("the connection is closed".into());
    }
    Ok(line.trim_end().to_owned())
}
