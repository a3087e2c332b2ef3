//! Stripe's request parameters: form fields in bracket notation, read as a tree.
//!
//! A parameter is *taken* when it is read, and [`Params::finish`] refuses whatever is left: a parameter the sandbox does
//! not implement is an error, never silently ignored.

use std::collections::BTreeMap;

use super::api_error::ApiError;

const PAIRS_MAX: usize = 2_000;
const DEPTH_MAX: usize = 8;

/// One level of the tree, and its path.
#[derive(Debug, Default)]
pub(super) struct Params {
    path: String,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    Text(String),
    Tree(BTreeMap<String, Entry>),
}

/// Decodes `a=b&c=d`: percent signs, and `+` for a space.
pub(super) fn pairs(raw: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let mut pairs = Vec::new();
    for field in raw.split(|byte| *byte == b'&').filter(|field| !field.is_empty()) {
        if pairs.len() == PAIRS_MAX {
            return Err(ApiError::invalid("", format!("A request may have at most {PAIRS_MAX} parameters.")));
        }
        let mut halves = field.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        pairs.push((name, decode(halves.next().unwrap_or_default())?));
    }
    Ok(pairs)
}

fn decode(raw: &[u8]) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = rest.next().zip(rest.next());
                digits.and_then(|(high, low)| hex_byte(high, low)).ok_or_else(undecodable)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| undecodable())
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let mut byte = [0_u8];
    hex::decode_to_slice([high, low], &mut byte).ok()?;
    Some(byte[0])
}

fn undecodable() -> ApiError {
    ApiError::invalid("", "The request's parameters are not valid percent-encoded UTF-8.")
}

impl Params {
    pub(super) fn new(pairs: Vec<(String, String)>) -> Result<Self, ApiError> {
        let mut params = Self::default();
        for (name, value) in pairs {
            let segments = segments(&name)?;
            insert(&mut params.entries, &name, &segments, value)?;
        }
        Ok(params)
    }

    /// The full name of a parameter at this level: `line_items[0][quantity]`.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}[{key}]", self.path) }
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, ApiError> {
        match self.entries.remove(key) {
            None => Ok(None),
            Some(Entry::Text(text)) if text.is_empty() => {
                let name = self.name(key);
                let message = format!("You passed an empty string for '{name}'; leave it out instead.");
                Err(ApiError::coded("parameter_invalid_empty", name, message))
            }
            Some(Entry::Text(text)) => Ok(Some(text)),
            Some(Entry::Tree(_)) => {
                Err(ApiError::invalid(self.name(key), format!("Invalid string: {}", self.name(key))))
            }
        }
    }

    /// Whether a parameter that may be either is given as a plain value.
    pub(super) fn is_text(&self, key: &str) -> bool {
        matches!(self.entries.get(key), Some(Entry::Text(_)))
    }

    pub(super) fn required_text(&mut self, key: &str) -> Result<String, ApiError> {
        self.text(key)?.ok_or_else(|| ApiError::missing_param(&self.name(key)))
    }

    pub(super) fn integer(&mut self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let integer = text.parse();
        integer.map(Some).map_err(|_| {
            ApiError::coded("parameter_invalid_integer", self.name(key), format!("Invalid integer: {text}"))
        })
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, ApiError> {
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid(self.name(key), format!("Invalid boolean: {other}"))),
        }
    }

    /// One of a closed list of words.
    pub(super) fn choice(&mut self, key: &str, words: &[&'static str]) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let word = words.iter().find(|word| **word == text).copied();
        let refusal = || format!("Invalid {}: must be one of {}", self.name(key), words.join(", "));
        word.map(Some).ok_or_else(|| ApiError::invalid(self.name(key), refusal()))
    }

    pub(super) fn tree(&mut self, key: &str) -> Result<Option<Self>, ApiError> {
        match self.entries.remove(key) {
            None => Ok(None),
            Some(Entry::Tree(entries)) => Ok(Some(Self { path: self.name(key), entries })),
            Some(Entry::Text(_)) => {
                Err(ApiError::invalid(self.name(key), format!("Invalid object: {}", self.name(key))))
            }
        }
    }

    /// The objects of a list, in the order of their indices.
    pub(super) fn list(&mut self, key: &str) -> Result<Vec<Self>, ApiError> {
        let Some(mut tree) = self.tree(key)? else { return Ok(Vec::new()) };
        let keys = tree.indices()?;
        keys.iter().filter_map(|index| tree.tree(index).transpose()).collect()
    }

    /// The texts of a list, in the order of their indices.
    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<String>, ApiError> {
        let Some(mut tree) = self.tree(key)? else { return Ok(Vec::new()) };
        let keys = tree.indices()?;
        keys.iter().filter_map(|index| tree.text(index).transpose()).collect()
    }

    fn indices(&self) -> Result<Vec<String>, ApiError> {
        let mut indices = Vec::new();
        for key in self.entries.keys() {
            let index: usize =
                key.parse().map_err(|_| ApiError::invalid(self.name(key), format!("Invalid array: {}", self.path)))?;
            indices.push((index, key.clone()));
        }
        indices.sort_unstable();
        Ok(indices.into_iter().map(|(_, key)| key).collect())
    }

    /// Free name and value pairs within Stripe's limits; an empty value means "not set".
    pub(super) fn metadata(&mut self) -> Result<BTreeMap<String, String>, ApiError> {
        let Some(tree) = self.tree("metadata")? else { return Ok(BTreeMap::new()) };
        let mut metadata = BTreeMap::new();
        for (key, entry) in &tree.entries {
            let Entry::Text(value) = entry else {
                return Err(ApiError::invalid(tree.name(key), "Metadata values must be strings."));
            };
            if key.chars().count() > 40 || value.chars().count() > 500 {
                let message = "Metadata keys can have up to 40 characters, values up to 500.";
                return Err(ApiError::invalid(tree.name(key), message));
            }
            if !value.is_empty() {
                metadata.insert(key.clone(), value.clone());
            }
        }
        if metadata.len() > 50 {
            return Err(ApiError::invalid(tree.path, "Metadata can have up to 50 keys."));
        }
        Ok(metadata)
    }

    /// Refuses every parameter that was not taken.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(key) => {
                let name = self.name(key);
                let message = format!("Received unknown parameter: {name}");
                Err(ApiError::coded("parameter_unknown", name, message))
            }
        }
    }
}

/// `a[b][0]` is `a`, `b`, `0`; a trailing `[]` is an empty last segment.
fn segments(name: &str) -> Result<Vec<&str>, ApiError> {
    let malformed = || ApiError::invalid(name, format!("Invalid parameter name: {name}"));
    let Some(open) = name.find('[') else { return Ok(vec![name]) };
    let (head, brackets) = name.split_at(open);
    let inner = brackets.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(malformed)?;
    let mut segments = vec![head];
    segments.extend(inner.split("]["));
    let well_formed = segments.len() <= DEPTH_MAX
        && segments.iter().all(|segment| !segment.contains(['[', ']']))
        && segments.iter().rev().skip(1).all(|segment| !segment.is_empty());
    if well_formed { Ok(segments) } else { Err(malformed()) }
}

fn insert(entries: &mut BTreeMap<String, Entry>, name: &str, segments: &[&str], value: String) -> Result<(), ApiError> {
    let contradiction =
        || ApiError::invalid(name, format!("Parameter {name} is given both as a value and as an object."));
    let Some((first, rest)) = segments.split_first() else { return Ok(()) };
    let key = if first.is_empty() { entries.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        return match entries.insert(key, Entry::Text(value)) {
            Some(Entry::Tree(_)) => Err(contradiction()),
            Some(Entry::Text(_)) | None => Ok(()),
        };
    }
    match entries.entry(key).or_insert_with(|| Entry::Tree(BTreeMap::new())) {
        Entry::Tree(below) => insert(below, name, rest, value),
        Entry::Text(_) => Err(contradiction()),
    }
}
