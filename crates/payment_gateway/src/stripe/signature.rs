//! Stripe's webhook signature: `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>…]`.
//!
//! What is signed is `{t}.{body}`, byte for byte, with HMAC-SHA256. The key is the whole secret, its `whsec_` included. The
//! body must therefore be the bytes as received, before any decoding of JSON or of text; only a transport's own base64 is
//! removed first. A retry is signed anew, so a signature does not tell whether an event was seen before.
//!
//! While a secret is rolled Stripe signs once with each, and we may have both: one match is enough. Other schemes (`v0`, in
//! test mode) are ignored. A forgery costs one pass over the body for each secret, however many signatures it claims.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::secret::Secret;
use crate::webhook::SignatureError;

/// How far, in seconds, a signature's time may be from ours, either way.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The name of the header, as HTTP libraries spell it.
pub const HEADER: &str = "stripe-signature";

/// Verifies that a body comes from the holder of one of the secrets, and is recent.
pub fn verify(header: &str, raw_body: &[u8], secrets: &[Secret], now: Timestamp) -> Result<(), SignatureError> {
    if header.trim().is_empty() {
        return Err(SignatureError::NoHeader);
    }
    let (signed_at, seconds) = time_of(header)?;
    let mut claims = values(header, "v1").peekable();
    if claims.peek().is_none() {
        return Err(SignatureError::NoSignature);
    }
    let expected: Vec<[u8; 32]> = secrets.iter().map(|secret| digest(secret, signed_at, raw_body)).collect();
    let mut matched = Choice::from(0);
    for claim in claims {
        let mut claimed = [0_u8; 32];
        if hex::decode_to_slice(claim, &mut claimed).is_ok() {
            for own in &expected {
                matched |= own.ct_eq(&claimed);
            }
        }
    }
    if !bool::from(matched) {
        return Err(SignatureError::NoMatch);
    }
    // Checked last, so that only authentic deliveries are called "too old".
    let age = now.as_second().saturating_sub(seconds);
    if age > TOLERANCE_SECONDS {
        Err(SignatureError::TooOld)
    } else if age < -TOLERANCE_SECONDS {
        Err(SignatureError::FromTheFuture)
    } else {
        Ok(())
    }
}

/// The header that a body signed at an instant is sent with.
pub fn sign(secret: &Secret, signed_at: Timestamp, raw_body: &[u8]) -> String {
    let seconds = signed_at.as_second().to_string();
    let signature = hex::encode(digest(secret, &seconds, raw_body));
    format!("t={seconds},v1={signature}")
}

/// The one `t` of the header, as text (which is what was signed) and as a number.
fn time_of(header: &str) -> Result<(&str, i64), SignatureError> {
    let mut times = values(header, "t");
    let (Some(time), None) = (times.next(), times.next()) else {
        return Err(SignatureError::NoTimestamp);
    };
    if time.is_empty() || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SignatureError::NoTimestamp);
    }
    let seconds = time.parse().map_err(|_| SignatureError::NoTimestamp)?;
    Ok((time, seconds))
}

/// The values of a name. Spaces around the parts are allowed, since a proxy that joins headers puts them there.
fn values<'a>(header: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    header
        .split(',')
        .filter_map(|part| part.split_once('='))
        .filter(move |(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim())
}

fn digest(secret: &Secret, signed_at: &str, raw_body: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length, so the error branch is never taken; an all-zero digest would match no signature anyway.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
        return [0; 32];
    };
    mac.update(signed_at.as_bytes());
    mac.update(b".");
    mac.update(raw_body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
