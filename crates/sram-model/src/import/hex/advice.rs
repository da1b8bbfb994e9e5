//! What tokens may be that are no words: the options that would make words of them.

use super::token::Token;
use super::{MAX_WORD_BITS, Radix};

/// What was told, or found, of words.
#[derive(Clone, Copy)]
pub(super) struct Advice {
    pub(super) word_bits: u32,
    pub(super) word_digits: usize,
    /// Whether the digits were told, and not those that the bits need.
    pub(super) digits_told: bool,
    pub(super) radix: Radix,
}

impl Advice {
    pub(super) fn byte_orders(self) -> String {
        format!(
            "for words of {} bits, their order: --byte-order big, if the first byte of a word is the most significant \
             one, or --byte-order little, if it is the least; --word-bits 8, if each byte is a word",
            self.word_bits
        )
    }

    /// For a token that has not the digits of a word; whether all have as many, and whether there are addresses.
    pub(super) fn for_length(self, token: Token<'_>, alike: bool, addresses: bool) -> String {
        let Self { word_bits: bits, word_digits: of_word, digits_told, .. } = self;
        let digits = token.len();
        if self.radix == Radix::Binary {
            return self.for_binary(token, alike);
        }
        let a_word = format!("{of_word} digits for a word of {bits} bits");
        let bytes = digits.is_multiple_of(2) && bits.is_multiple_of(8);
        let as_words = self.as_words(token);
        if alike && digits_told {
            let own = if digits == bits.div_ceil(4) as usize {
                "leave --digits away, these are the digits that its bits need".to_owned()
            } else {
                format!("--digits {digits}, if these are the digits of each")
            };
            format!("{a_word}; {own}")
        } else if alike && digits < of_word && bytes && of_word.is_multiple_of(digits) {
            format!("{a_word}, or, {}", self.byte_orders())
        } else if digits == bits as usize && token.digits().all(|digit| digit < 2) {
            format!("{a_word}; --radix 2, if these are binary digits")
        } else if alike && digits < of_word {
            format!("{a_word}; {as_words}")
        } else if digits < of_word {
            format!("{a_word}, with leading zeros")
        } else if digits.is_multiple_of(of_word) {
            format!("{a_word}; {}", self.wider(token, addresses))
        } else if alike && digits <= (MAX_WORD_BITS / 4) as usize {
            format!("{a_word}; {as_words}")
        } else {
            a_word
        }
    }

    /// For a token that has not the binary digits of a word.
    fn for_binary(self, token: Token<'_>, alike: bool) -> String {
        let Self { word_bits, word_digits, .. } = self;
        let digits = token.len();
        let a_word = format!("{word_digits} binary digits for a word of {word_bits} bits");
        if token.shown().to_ascii_lowercase().starts_with("0b") {
            return format!("{a_word}, without 0b before them");
        }
        if !alike || digits > MAX_WORD_BITS as usize {
            return a_word;
        }
        let several = digits
            .is_multiple_of(word_digits)
            .then(|| format!("; --packed if each is {} words", digits / word_digits));
        format!("{a_word}; --word-bits {digits} if each is one word{}", several.unwrap_or_default())
    }

    /// What tokens of several words' digits may be.
    fn wider(self, token: Token<'_>, addresses: bool) -> String {
        let (digits, bits) = (token.len(), self.word_bits);
        let one = (digits * 4 <= MAX_WORD_BITS as usize)
            .then(|| format!("--word-bits {0} if each is one word of {0} bits", digits * 4));
        let padded = self.padded(token);
        let several = (!addresses)
            .then(|| format!("--packed if each is {} words, one after the other", digits / self.word_digits));
        let bytes = bits.is_multiple_of(8).then(|| "--byte-order if they are bytes by address".to_owned());
        one.into_iter().chain(padded).chain(several).chain(bytes).collect::<Vec<_>>().join("; ")
    }

    /// The option for a token whose upper digits are none of the word, if they are zeros.
    fn padded(self, token: Token<'_>) -> Option<String> {
        let digits = token.len();
        let above = digits.checked_sub(self.word_bits.div_ceil(4) as usize).filter(|&above| above > 0)?;
        let zeros = token.digits().take(above).all(|digit| digit == 0);
        (zeros && digits <= MAX_WORD_BITS as usize / 4).then(|| {
            format!("--digits {digits} if each is a word of {} bits with zeros above", self.word_bits)
        })
    }

    /// The options that make a token a word.
    fn as_words(self, token: Token<'_>) -> String {
        let bits = token.len() * 4;
        let wider = format!(
            "if each is one word, its width: --word-bits {bits}, or fewer, down to {}",
            bits.saturating_sub(3)
        );
        [Some(wider), self.padded(token)].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}
