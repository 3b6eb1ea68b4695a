//! Prints the OpenAPI document of the API. `./veilpass generate` writes it to api/openapi.json.

fn main() {
    print!("{}", veilpass_api::openapi_document());
}
