//! How a problem looks in the API documentation.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Problem;

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .description(Some("A failed request (RFC 9457)."))
            .property(
                "type",
                text()
                    .format(Some(SchemaFormat::Custom("uri-reference".to_owned())))
                    .description(Some("The kind of problem. Without it, the status says all.")),
            )
            .property("title", text().description(Some("What the status means.")))
            .required("title")
            .property(
                "status",
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .minimum(Some(400))
                    .maximum(Some(599))
                    .description(Some("The HTTP status.")),
            )
            .required("status")
            .property("detail", text().description(Some("What went wrong this time.")))
            .property(
                "instance",
                text()
                    .format(Some(SchemaFormat::Custom("uri-reference".to_owned())))
                    .description(Some("This occurrence.")),
            )
            .property(
                "request_id",
                text().description(Some("The id of the request, as in `x-request-id`.")),
            )
            // Each kind of problem may have members of its own (RFC 9457, section 3.2).
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }
}
