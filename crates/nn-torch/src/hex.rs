//! Bytes in hexadecimal digits.

/// Two digits a byte, lower-case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
