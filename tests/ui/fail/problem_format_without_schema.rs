use bolt::prelude::*;

#[derive(Serialize)]
struct ApiError {
    message: String,
}

fn api_error(problem: &Problem) -> ApiError {
    ApiError { message: problem.to_string() }
}

fn main() {
    let _: App = App::new().problem_format(api_error);
}
