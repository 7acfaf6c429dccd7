//! The content coding of an answer (RFC 9110, 8.4), however its bytes are cut.

use std::fmt;
use std::io::{self, Write};

use flate2::write::GzDecoder;
use zstd::stream::write::Decoder as ZstdDecoder;

/// Bytes that brotli's decoder takes at once.
const BUFFER: usize = 4096;

/// Makes of a body what it was before it was compressed.
#[derive(Default)]
pub(crate) enum Coding {
    #[default]
    Identity,
    Gzip(GzDecoder<Vec<u8>>),
    Br(Box<brotli::DecompressorWriter<Vec<u8>>>),
    Zstd(ZstdDecoder<'static, Vec<u8>>),
}

impl Coding {
    /// The coding of this name; none for one that is not known here.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "identity" => Self::Identity,
            "gzip" => Self::Gzip(GzDecoder::new(Vec::new())),
            "br" => Self::Br(Box::new(brotli::DecompressorWriter::new(Vec::new(), BUFFER))),
            "zstd" => Self::Zstd(ZstdDecoder::new(Vec::new()).ok()?),
            _ => return None,
        })
    }

    /// Gives `take` all that can be read by now.
    pub(crate) fn decode(&mut self, data: &[u8], take: impl FnOnce(&[u8])) -> io::Result<()> {
        let text = match self {
            Self::Identity => {
                take(data);
                return Ok(());
            }
            Self::Gzip(decoder) => through(decoder, data)?.get_mut(),
            Self::Br(decoder) => through(&mut **decoder, data)?.get_mut(),
            Self::Zstd(decoder) => through(decoder, data)?.get_mut(),
        };
        take(text);
        text.clear();
        Ok(())
    }
}

fn through<'a, W: Write>(decoder: &'a mut W, data: &[u8]) -> io::Result<&'a mut W> {
    decoder.write_all(data)?;
    decoder.flush()?;
    Ok(decoder)
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "Identity",
            Self::Gzip(_) => "Gzip",
            Self::Br(_) => "Br",
            Self::Zstd(_) => "Zstd",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a body that arrives in pieces of `size`.
    fn read(name: &str, body: &[u8], size: usize) -> Vec<u8> {
        let mut coding = Coding::named(name).expect("it is known");
        let mut text = Vec::new();
        for piece in body.chunks(size) {
            coding.decode(piece, |more| text.extend_from_slice(more)).expect("it is whole");
        }
        text
    }

    #[test]
    fn text_is_the_same_however_the_bytes_are_cut() {
        let text = "data: 1\n\n".repeat(100).into_bytes();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).expect("in memory");
        let mut br = brotli::CompressorWriter::new(Vec::new(), BUFFER, 5, 22);
        br.write_all(&text).expect("in memory");
        let zstd = zstd::encode_all(&text[..], 3).expect("in memory");
        let bodies = [
            ("identity", text.clone()),
            ("gzip", gzip.finish().expect("in memory")),
            ("br", br.into_inner()),
            ("zstd", zstd),
        ];
        for (name, body) in bodies {
            for size in [1, 7, body.len()] {
                assert!(read(name, &body, size) == text, "{name} in pieces of {size}");
            }
        }
    }

    #[test]
    fn what_is_not_compressed_so_is_a_fault() {
        let mut coding = Coding::named("gzip").expect("it is known");
        assert!(coding.decode(b"data: 1\n\n data: 2\n\n", |_| ()).is_err());
        assert!(Coding::named("compress").is_none());
    }
}
