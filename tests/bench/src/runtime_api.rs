//! Lambda's Runtime API on loopback: hands out events, takes the answers, and notes when it is asked.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::loopback::{Server, read};

/// How long a function may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a function told it.
enum FoldedState {
    /// It asked for the next event.
    Polled(Instant),
    /// It answered one.
    Answered(String),
    /// It reported an error.
    Failed(String),
}

pub(crate) struct RuntimeApi {
    server: Server,
    events: Sender<String>,
    heard: Receiver<FoldedState>,
}

impl RuntimeApi {
    pub(crate) fn start() -> Outcome<Self> {
        let (events, to_give) = channel();
        let (tell, heard) = channel();
        let to_give = Mutex::new(to_give);
        let server = Server::start(move |stream| converse(stream, &to_give, &tell))?;
        Ok(Self { server, events, heard })
    }

    /// Where it is asked.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// When the function asked for its next event.
    pub(crate) fn polled(&self) -> Outcome<Instant> {
        match self.heard.recv_timeout(PATIENCE)? {
            FoldedState::Polled(at) => Ok(at),
            FoldedState::Answered(_) => Err("an answer nobody waited for".into()),
            FoldedState::Failed(error) => Err(format!("the function failed: {error}").into()),
        }
    }

    /// Hands out an event, and waits for its answer.
    pub(crate) fn invoke(&self, event: &str) -> Outcome<String> {
        self.events.send(event.to_owned())?;
        match self.heard.recv_timeout(PATIENCE)? {
            FoldedState::Answered(body) => Ok(body),
            FoldedState::Polled(_) => Err("it asked again before it answered".into()),
            FoldedState::Failed(error) => Err(format!("the function failed: {error}").into()),
        }
    }
}

/// Answers the requests of one connection.
fn converse(stream: &TcpStream, events: &Mutex<Receiver<String>>, tell: &Sender<FoldedState>) -> Outcome {
    let mut reader = BufReader::new(stream);
    loop {
        let (request, body) = read(&mut reader)?;
        let path = request.split(' ').nth(1).unwrap_or_default();
        if path.ends_with("/invocation/next") {
            tell.send(FoldedState::Polled(Instant::now()))?;
            let event = events.lock().map_err(|_| "another connection panicked")?.recv()?;
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
        let heard = if path.ends_with("/response") { FoldedState::Answered(body) } else { FoldedState::Failed(body) };
        // The acknowledgement goes first: what is heard is followed by the next request at once.
        (&*stream).write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        tell.send(heard)?;
    }
}
