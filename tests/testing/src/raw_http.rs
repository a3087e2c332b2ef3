//! Requests as bytes on a socket: what a client would refuse to send, or tidy before it does.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request. Its `Host` is the server's unless a header says otherwise.
#[derive(Clone, Debug, Default)]
pub struct RawRequest {
    /// The method.
    pub method: String,
    /// The path and query, as they go over the wire.
    pub target: String,
    /// The headers, as they go over the wire.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// A request without headers or a body.
    pub fn new(method: &str, target: impl Into<String>) -> Self {
        Self { method: method.to_owned(), target: target.into(), ..Self::default() }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it to an origin such as `http://127.0.0.1:3000`, and reads the status and the whole answer. An error where the
    /// server closes the connection without an answer.
    pub async fn send(&self, origin: &str) -> Result<(u16, String), String> {
        let address = origin.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let has_host = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.target), "Connection: close".to_owned()];
        if !has_host {
            lines.push(format!("Host: {address}"));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.push(format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut bytes = lines.join("\r\n").into_bytes();
        bytes.extend_from_slice(&self.body);
        // A server that has answered may close before it has read everything; then the answer is still there.
        let written = stream.write_all(&bytes).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        status.map(|status| (status, answer)).ok_or_else(|| format!("no answer: {written:?} {read:?}"))
    }
}
