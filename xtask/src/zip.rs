//! A zip file of one program, the same bytes for the same program: no time of day, no owner.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::command::Outcome;

const VERSION_NEEDED: u16 = 20;
/// The version that reads it, under "made on Unix", so that the file mode below counts.
const VERSION_MADE_BY: u16 = (3 << 8) | VERSION_NEEDED;
const DEFLATED: u16 = 8;
/// 1 January 1980, the earliest that a zip can say.
const DATE: u16 = (1 << 5) | 1;
/// A regular file that everyone may execute.
const UNIX_MODE: u32 = 0o100_755;

/// A zip that holds `content` as the executable `name`.
pub(crate) fn of_one_program(name: &str, content: &[u8]) -> Outcome<Vec<u8>> {
    let failed = |error: std::io::Error| format!("cannot compress: {error}");
    let mut crc = Crc::new();
    crc.update(content);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).map_err(failed)?;
    let deflated = encoder.finish().map_err(failed)?;

    let mut common = Vec::new();
    short(&mut common, &[VERSION_NEEDED, 0, DEFLATED, 0, DATE]);
    long(&mut common, &[crc.sum(), size(deflated.len())?, size(content.len())?]);
    short(&mut common, &[u16::try_from(name.len()).map_err(|_| "the name is too long for a zip".to_owned())?, 0]);

    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend_from_slice(&common);
    zip.extend_from_slice(name.as_bytes());
    zip.extend_from_slice(&deflated);

    let directory_at = size(zip.len())?;
    zip.extend_from_slice(b"PK\x01\x02");
    short(&mut zip, &[VERSION_MADE_BY]);
    zip.extend_from_slice(&common);
    short(&mut zip, &[0, 0, 0]);
    long(&mut zip, &[UNIX_MODE << 16, 0]);
    zip.extend_from_slice(name.as_bytes());

    let directory_size = size(zip.len())? - directory_at;
    zip.extend_from_slice(b"PK\x05\x06");
    short(&mut zip, &[0, 0, 1, 1]);
    long(&mut zip, &[directory_size, directory_at]);
    short(&mut zip, &[0]);
    Ok(zip)
}

fn size(length: usize) -> Outcome<u32> {
    u32::try_from(length).map_err(|_| "more than 4 GB do not fit a Lambda function".to_owned())
}

fn short(into: &mut Vec<u8>, values: &[u16]) {
    for value in values {
        into.extend_from_slice(&value.to_le_bytes());
    }
}

fn long(into: &mut Vec<u8>, values: &[u32]) {
    for value in values {
        into.extend_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::of_one_program;

    #[test]
    fn the_same_program_makes_the_same_zip() {
        let program = b"a program".repeat(1000);
        let zip = of_one_program("bootstrap", &program).unwrap();
        assert_eq!(zip, of_one_program("bootstrap", &program).unwrap());
        assert!(zip.len() < program.len(), "it is compressed");
        assert!(zip.starts_with(b"PK\x03\x04"));
    }
}
