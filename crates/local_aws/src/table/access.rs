//! Who may use the table's port: only a client of this process, never a web page.
//!
//! Every program on the machine can reach a port of loopback, and so can the script of any page in a browser on it. So a
//! request must carry the access key that was drawn when the tables were opened, as an AWS client sends it in `Authorization`;
//! and it is refused if it has an `Origin`, which only a browser sends, or another host name, because a page can make its host
//! name point at this machine.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

/// The secret of the table's port: the access key id of the clients' credentials.
pub(super) struct Access {
    access_key: String,
    hosts: [String; 2],
}

impl Access {
    pub(super) fn new(access_key: &str, address: SocketAddr) -> Self {
        let hosts = [address.to_string(), format!("localhost:{}", address.port())];
        Self { access_key: access_key.to_owned(), hosts }
    }

    /// Whether a request may continue; otherwise why not.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        if headers.contains_key(header::ORIGIN) {
            return Err("The embedded table answers no web page: a request with an Origin is refused.");
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !self.hosts.iter().any(|known| known == host) {
            return Err("The embedded table answers under its own address only, 127.0.0.1 and its port.");
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(access_key_of);
        if bool::from(given.unwrap_or_default().as_bytes().ct_eq(self.access_key.as_bytes())) {
            Ok(())
        } else {
            Err("The embedded table answers only clients that have its access key, which is drawn at every start.")
        }
    }
}

/// The access key id in `AWS4-HMAC-SHA256 Credential=ID/date/region/service/aws4_request, …`.
fn access_key_of(authorization: &str) -> Option<&str> {
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let credential = fields.split(',').find_map(|field| field.trim().strip_prefix("Credential="))?;
    credential.split_once('/').map(|(id, _)| id)
}
