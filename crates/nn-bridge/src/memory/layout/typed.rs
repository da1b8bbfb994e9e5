//! Layouts as words: `tile:16x16` is the name `tile` with the argument `16x16`. And [`choices!`], which turns a list of
//! such layouts into an enum, its text and its maps.

use super::error::LayoutError;

/// A layout that has a word.
pub(super) trait Typed: Sized {
    /// The word with an example of its argument; empty for the layout that needs no word. All tests run over it.
    const EXAMPLE: &'static str;

    /// The layout with this argument, if it can be.
    fn of(argument: Option<&str>) -> Option<Self>;

    /// The argument, if the word has one.
    fn argument(&self) -> Option<String>;

    /// The layout of a word of this name; `None` if the word has another one.
    fn parse(word: &str) -> Option<Result<Self, LayoutError>> {
        let (name, argument) = split(word);
        let wrong = || LayoutError::Argument { found: word.to_owned(), example: Self::EXAMPLE };
        (!name.is_empty() && name == split(Self::EXAMPLE).0).then(|| Self::of(argument).ok_or_else(wrong))
    }

    /// The word; `None` for the layout that needs none.
    fn word(&self) -> Option<String> {
        let name = split(Self::EXAMPLE).0;
        (!name.is_empty()).then(|| match self.argument() {
            Some(argument) => format!("{name}:{argument}"),
            None => name.to_owned(),
        })
    }
}

/// Name and argument of a word.
fn split(word: &str) -> (&str, Option<&str>) {
    word.split_once(':').map_or((word, None), |(name, argument)| (name, Some(argument)))
}

/// Makes of a list of layouts: the enum `$order` of them, and the enum `$map` of their maps for one part, each of which is a
/// `dyn $maps`. A layout of the list is a type that is [`Typed`] and `Mapped`.
macro_rules! choices {
    ($(#[$doc:meta])* $order:ident, mapped by $map:ident of dyn $maps:ident: $($choice:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $order {
            $(
                #[doc = concat!("See [`", stringify!($choice), "`].")]
                $choice($choice),
            )+
        }

        /// The map of one part.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum $map {
            $($choice(<$choice as Mapped>::Map),)+
        }

        impl $order {
            /// An example of each that has a word.
            pub(in crate::memory::layout) fn examples() -> impl Iterator<Item = &'static str> {
                [$(<$choice as Typed>::EXAMPLE),+].into_iter().filter(|example| !example.is_empty())
            }

            /// The choice that a word says; `None` if it says something else.
            pub(in crate::memory::layout) fn parse(word: &str) -> Option<Result<Self, LayoutError>> {
                None$(.or_else(|| <$choice as Typed>::parse(word).map(|found| found.map(Self::$choice))))+
            }

            /// The word; `None` for the choice that needs none.
            pub(in crate::memory::layout) fn word(&self) -> Option<String> {
                match self {
                    $(Self::$choice(choice) => Typed::word(choice),)+
                }
            }

            /// The map of a part.
            pub(super) fn map(&self, part: Part) -> Result<$map, LayoutError> {
                Ok(match self {
                    $(Self::$choice(choice) => $map::$choice(choice.map(part)?),)+
                })
            }
        }

        impl $map {
            /// Calls with the map behind the enum, known at compile time.
            #[inline]
            fn with<T>(&self, call: impl FnOnce(&dyn $maps) -> T) -> T {
                match self {
                    $(Self::$choice(map) => call(map),)+
                }
            }
        }
    };
}
pub(super) use choices;
