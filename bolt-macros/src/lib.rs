//! The macros of `bolt-core`; use and read about them there.

mod diagnostics;
mod paths;
mod stream;
mod stream_event;

use proc_macro::TokenStream;

#[expect(missing_docs, reason = "on the re-export in bolt-core")]
#[proc_macro_attribute]
pub fn stream(attribute: TokenStream, item: TokenStream) -> TokenStream {
    stream::expand(attribute.into(), item.into()).into()
}

#[expect(missing_docs, reason = "on the re-export in bolt-core")]
#[proc_macro_derive(StreamEvent, attributes(bolt, serde))]
pub fn stream_event(item: TokenStream) -> TokenStream {
    stream_event::expand(item.into()).into()
}
