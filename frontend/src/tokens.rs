//! Tokens in addresses: of pay links and of sign-in links.

/// Characters of a token: 256 bits in base64url.
const TOKEN_CHARS: usize = 43;

/// Whether a part of an address can be a token at all. Nothing else is looked up, or written into a form's address.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == TOKEN_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
