//! Addresses of pages, and the tokens in them.
//!
//! A token is derived: an HMAC-SHA256, under a secret of the deployment, of the id it opens; 256 bits in unpadded base64url. So
//! an address can be written again at any time, while the tables keep only the token's hash.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use receivables::{CustomerId, InvoiceId, PayLinkId, Payment, PaymentId, SignInId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The least number of bytes of the secret.
#[cfg(test)]
const LINK_SECRET_BYTES_MIN: usize = 32;
/// Digits of a sign-in code.
const CODE_DIGITS: u32 = 6;
const SEAL_BYTES: usize = 32;

/// Writes addresses of pages, and derives their tokens.
#[derive(Clone)]
pub struct Links {
    origin: Arc<str>,
    secret: Arc<[u8]>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Links {
    /// Addresses under an origin (`https://pay.example.com`), with tokens under a secret.
    pub fn new(origin: &str, secret: &[u8]) -> Self {
        Self { origin: origin.trim_end_matches('/').into(), secret: secret.into() }
    }

    /// Scheme and host, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The token of a pay link.
    pub fn pay_token(&self, link: &PayLinkId) -> String {
        self.token("pay", link.as_str())
    }

    /// The address of a pay link.
    pub fn pay_url(&self, link: &PayLinkId) -> String {
        format!("{}/p/{}", self.origin, self.pay_token(link))
    }

    /// The address of an invoice's page, for signed-in customers.
    pub fn invoice_url(&self, invoice: &InvoiceId) -> String {
        format!("{}/invoices/{invoice}", self.origin)
    }

    /// The key that opens the page of one payment while the payment is this customer's. Once the payment is handed over to
    /// another account, the old key opens nothing.
    pub fn payment_key(&self, payment: &PaymentId, of: &CustomerId) -> String {
        self.token("payment", &format!("{payment}/{of}"))
    }

    /// The address of the page of one payment.
    pub fn payment_url(&self, payment: &Payment) -> String {
        let key = self.payment_key(payment.id(), payment.customer());
        format!("{}/payments/{}?key={key}", self.origin, payment.id())
    }

    /// Whether a key opens the page of a payment.
    pub fn payment_key_opens(&self, payment: &Payment, key: &str) -> bool {
        self.payment_key(payment.id(), payment.customer()).as_bytes().ct_eq(key.as_bytes()).into()
    }

    /// The token of a sign-in link.
    pub fn sign_in_token(&self, sign_in: &SignInId) -> String {
        self.token("sign-in", sign_in.as_str())
    }

    /// The address of a sign-in link.
    pub fn sign_in_url(&self, sign_in: &SignInId) -> String {
        format!("{}/sign-in/{}", self.origin, self.sign_in_token(sign_in))
    }

    /// The code that signs in as the link does: six decimal digits.
    pub fn sign_in_code(&self, sign_in: &SignInId) -> String {
        let digest = self.digest("sign-in-code", sign_in.as_str());
        let number = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let width = usize::try_from(CODE_DIGITS).unwrap_or_default();
        format!("{:0width$}", number % 10_u64.pow(CODE_DIGITS))
    }

    /// What the tables keep of a token: its SHA-256, in lower-case hexadecimal.
    pub fn hash(token: &str) -> String {
        hex::encode(Sha256::digest(token.as_bytes()))
    }

    /// Seals a text that a client carries and gives back, such as a cursor. The seal opens only for the same purpose, and if
    /// unchanged. The text is not encrypted.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        let mut sealed = self.seal_of(purpose, text).to_vec();
        sealed.extend_from_slice(text.as_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The text of a seal of this purpose; `None` for any other text.
    pub fn open_sealed(&self, purpose: &str, sealed: &str) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (seal, text) = sealed.split_at_checked(SEAL_BYTES)?;
        let text = std::str::from_utf8(text).ok()?;
        let genuine: bool = self.seal_of(purpose, text).as_slice().ct_eq(seal).into();
        genuine.then(|| text.to_owned())
    }

    /// Both parts are preceded by their lengths, so that no other pair gives the same input.
    fn seal_of(&self, purpose: &str, text: &str) -> [u8; SEAL_BYTES] {
        let mut input = b"seal\0".to_vec();
        for part in [purpose, text] {
            input.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            input.extend_from_slice(part.as_bytes());
        }
        self.mac(&[&input])
    }

    fn token(&self, purpose: &str, subject: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.digest(purpose, subject))
    }

    fn digest(&self, purpose: &str, subject: &str) -> [u8; SEAL_BYTES] {
        self.mac(&[purpose.as_bytes(), b"\0", subject.as_bytes()])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; SEAL_BYTES] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).unwrap_or_else(|_| Hmac::<Sha256>::new(&[0; 64].into()));
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_and_subject_has_its_own_token() {
        let links = Links::new("https://pay.example/", &[7; LINK_SECRET_BYTES_MIN]);
        let ulid = "01JD8Z0000ABCDEFGHJKMNPQRS";
        let (link, payment, sign_in) = (
            PayLinkId::from_ulid(ulid).unwrap(),
            PaymentId::from_ulid(ulid).unwrap(),
            SignInId::from_ulid(ulid).unwrap(),
        );
        let (one, other) =
            (CustomerId::from_ulid(ulid).unwrap(), CustomerId::from_ulid("01JD8Z0000ABCDEFGHJKMNPQRT").unwrap());
        let tokens = [links.pay_token(&link), links.payment_key(&payment, &one), links.sign_in_token(&sign_in)];
        assert!(tokens.iter().all(|token| token.len() == 43), "{tokens:?}");
        assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2] && tokens[0] != tokens[2]);
        assert!(links.pay_url(&link).starts_with("https://pay.example/p/"));
        assert_ne!(links.payment_key(&payment, &other), tokens[1], "another customer's key is another");
        assert_eq!(links.sign_in_code(&sign_in).len(), 6);
        let other = Links::new("https://pay.example", &[8; LINK_SECRET_BYTES_MIN]);
        assert_ne!(other.pay_token(&link), tokens[0]);
    }

    #[test]
    fn a_sealed_text_opens_under_its_purpose_and_unchanged() {
        let links = Links::new("https://pay.example", &[7; LINK_SECRET_BYTES_MIN]);
        let other = Links::new("https://pay.example", &[8; LINK_SECRET_BYTES_MIN]);
        for text in ["", "61.62.63", "18446744073709551615", "é"] {
            let sealed = links.seal("list", text);
            assert_eq!(links.open_sealed("list", &sealed).as_deref(), Some(text));
            assert_eq!(links.open_sealed("lis", &sealed), None);
            assert_eq!(other.open_sealed("list", &sealed), None);
            assert_eq!(links.open_sealed("list", &format!("{sealed}AA")), None);
        }
        assert_ne!(links.seal("ab", "c"), links.seal("a", "bc"));
        for broken in ["", "=", "18446744073709551615", "\0", "é", "AAAA"] {
            assert_eq!(links.open_sealed("list", broken), None, "{broken:?}");
        }
    }
}
