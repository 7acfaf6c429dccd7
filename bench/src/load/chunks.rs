//! The chunked transfer coding (RFC 9112, 7.1), however its bytes are cut.

use super::failure::Failure;

/// Where the next byte belongs.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Before the first digit of a size.
    #[default]
    Start,
    Size(u64),
    Extension(u64),
    /// After the CR of a line of size.
    SizeEnd(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// At the start of a line of the trailer, or of the empty one that ends it.
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

/// Takes the data out of chunks.
#[derive(Debug, Default)]
pub(crate) struct Chunks(State);

impl Chunks {
    /// Takes the next piece of data off the front of `input`. None: `input` is used up, or the body has ended.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Failure> {
        loop {
            if let State::Data(left) = self.0 {
                let here = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
                if here == 0 {
                    return Ok(None);
                }
                let (data, rest) = input.split_at(here);
                *input = rest;
                let left = left - here as u64;
                self.0 = if left == 0 { State::DataCr } else { State::Data(left) };
                return Ok(Some(data));
            }
            if matches!(self.0, State::End) {
                return Ok(None);
            }
            let Some((&byte, rest)) = input.split_first() else { return Ok(None) };
            self.0 = step(self.0, byte).ok_or(Failure::Chunks)?;
            *input = rest;
        }
    }

    /// Whether the last chunk and the trailer have been read.
    pub(crate) fn ended(&self) -> bool {
        matches!(self.0, State::End)
    }
}

/// None: the byte is wrong here.
fn step(state: State, byte: u8) -> Option<State> {
    Some(match (state, byte) {
        (State::Start, _) => State::Size(digit(byte)?),
        (State::Size(size) | State::Extension(size), b'\r') => State::SizeEnd(size),
        (State::Size(size), b';' | b' ' | b'\t') => State::Extension(size),
        (State::Size(size), _) => State::Size(size.checked_mul(16)?.checked_add(digit(byte)?)?),
        (State::Extension(size), _) if byte != b'\n' => State::Extension(size),
        (State::SizeEnd(0), b'\n') => State::TrailerStart,
        (State::SizeEnd(size), b'\n') => State::Data(size),
        (State::DataCr, b'\r') => State::DataLf,
        (State::DataLf, b'\n') => State::Start,
        (State::TrailerStart, b'\r') => State::EndLf,
        (State::TrailerStart, b'\n') => return None,
        (State::Trailer, b'\r') => State::TrailerLf,
        (State::TrailerStart | State::Trailer, _) => State::Trailer,
        (State::TrailerLf, b'\n') => State::TrailerStart,
        (State::EndLf, b'\n') => State::End,
        _ => return None,
    })
}

fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data of a body that arrives in pieces of `size`, and what is left after its end.
    fn decode(body: &[u8], size: usize) -> Result<(Vec<u8>, bool), Failure> {
        let mut chunks = Chunks::default();
        let mut data = Vec::new();
        for mut piece in body.chunks(size) {
            while let Some(found) = chunks.next(&mut piece)? {
                data.extend_from_slice(found);
            }
            assert!(piece.is_empty() || chunks.ended());
        }
        Ok((data, chunks.ended()))
    }

    const BODY: &[u8] = b"5\r\nhello\r\n1;a=\"b\"\r\n \r\n00A \r\n0123456789\r\n0\r\nx: y\r\n\r\n";

    #[test]
    fn data_is_the_same_however_the_bytes_are_cut() {
        for size in 1..=BODY.len() {
            assert_eq!(decode(BODY, size), Ok((b"hello 0123456789".to_vec(), true)), "{size}");
        }
    }

    #[test]
    fn a_body_has_not_ended_before_its_last_byte() {
        for end in 0..BODY.len() {
            assert!(!decode(&BODY[..end], 7).unwrap().1, "{end}");
        }
    }

    #[test]
    fn wrong_framing_is_a_fault_however_the_bytes_are_cut() {
        for body in [
            "x\r\n",
            "\r\n",
            "5\nhello",
            "5;a\nhello",
            "5\r\nhello!\r\n",
            "5\r\nhello\n",
            "-1\r\n",
            "10000000000000000\r\n",
            "0\r\n\n",
        ] {
            for size in 1..=body.len() {
                assert_eq!(decode(body.as_bytes(), size), Err(Failure::Chunks), "{body:?} {size}");
            }
        }
    }

    #[test]
    fn what_follows_the_end_is_left() {
        let mut input: &[u8] = b"0\r\n\r\nHTTP";
        let mut chunks = Chunks::default();
        assert_eq!(chunks.next(&mut input), Ok(None));
        assert!(chunks.ended());
        assert_eq!(input, b"HTTP");
    }
}
