"""Labels: which documents answer which queries; chosen once for all pages, made by clicking on two of them."""
