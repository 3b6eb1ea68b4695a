//! `Range` of a download of leaves: to go on where one broke off, not to ask for a leaf.

use std::ops::Range;

/// A range begins at a multiple of this and ends at one, or at the end, and is no shorter unless all is: as much as 2,048 leaves.
/// Whoever asks for 32 bytes says which leaf it is interested in.
pub(crate) const ALIGNMENT: u64 = 65_536;

/// Why a range is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeError {
    /// There are no such bytes.
    Unsatisfiable,
    /// It would single leaves out.
    NotAligned,
}

/// The bytes that a `Range` header asks for, of a file of `length` bytes; none if it is to be ignored (RFC 9110, section 14.2):
/// another unit, several ranges, not valid.
pub(crate) fn requested_range(header: &str, length: u64) -> Result<Option<Range<u64>>, RangeError> {
    let Some((first, last)) = header
        .trim()
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Ok(None);
    };
    // The standard parser takes a sign too.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| Some(text.trim()).filter(|text| is_number(text))?.parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.trim().is_empty() => first..length,
        (None, Some(last)) if first.trim().is_empty() => length - last.min(length)..length,
        _ => return Ok(None),
    };
    if range.start >= range.end {
        return Err(RangeError::Unsatisfiable);
    }
    let is_aligned = range.start % ALIGNMENT == 0 && (range.end % ALIGNMENT == 0 || range.end == length);
    // What is left at the end may be one leaf.
    let is_long = range.start == 0 || range.end - range.start >= ALIGNMENT;
    if is_aligned && is_long { Ok(Some(range)) } else { Err(RangeError::NotAligned) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENGTH: u64 = 3 * ALIGNMENT + 100;

    #[test]
    fn whole_chunks_can_be_asked_for() {
        for (header, range) in [
            ("bytes=0-65535", 0..65_536),
            ("bytes=65536-196607", 65_536..196_608),
            ("bytes=131072-", 131_072..LENGTH),
            ("bytes=131072-999999999", 131_072..LENGTH),
            ("bytes=0-", 0..LENGTH),
            ("bytes=-65636", 131_072..LENGTH),
            ("bytes=-999999999", 0..LENGTH),
        ] {
            assert_eq!(requested_range(header, LENGTH), Ok(Some(range)), "{header}");
        }
        assert_eq!(requested_range("bytes=0-", 160), Ok(Some(0..160)));
    }

    #[test]
    fn no_leaf_can_be_singled_out() {
        for header in ["bytes=0-31", "bytes=128-65535", "bytes=32-", "bytes=-32", "bytes=-101", "bytes=65536-196608"]
            .into_iter()
            .chain(["bytes=196608-", "bytes=-100"])
        {
            assert_eq!(requested_range(header, LENGTH), Err(RangeError::NotAligned), "{header}");
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_satisfied_and_what_is_no_range_is_ignored() {
        for header in ["bytes=196708-", "bytes=18446744073709551615-", "bytes=-0"] {
            assert_eq!(requested_range(header, LENGTH), Err(RangeError::Unsatisfiable), "{header}");
        }
        for header in [
            "",
            "leaves=0-1",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=0-1,2-3",
            "bytes=a-b",
            "bytes=0-x",
            "bytes=+0-65535",
        ] {
            assert_eq!(requested_range(header, LENGTH), Ok(None), "{header}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_only_whole_chunks_are_answered(
            header in "(bytes=|)[ +]?(0|65536|131072|[0-9]{0,21})[ -]{1,2}(65535|131071|[0-9]{0,21})(,.*)?",
            length in prop_oneof![Just(LENGTH), 0..4 * ALIGNMENT, any::<u64>()],
        ) {
            if let Ok(Some(range)) = requested_range(&header, length) {
                prop_assert!(range.start < range.end && range.end <= length);
                prop_assert_eq!(range.start % ALIGNMENT, 0);
                prop_assert!(range.end % ALIGNMENT == 0 || range.end == length);
                prop_assert!(range.end - range.start >= ALIGNMENT || range == (0..length));
            }
        }
    }
}
