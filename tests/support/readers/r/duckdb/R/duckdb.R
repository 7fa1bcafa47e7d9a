# Stand-in for CRAN's duckdb: what README uses of it, by the program `duckdb`.
setClass("StandInDriver", contains = "DBIDriver")
setClass("StandInConnection", contains = "DBIConnection", slots = list(dbdir = "character"))

duckdb <- function() new("StandInDriver")

setMethod("dbConnect", "StandInDriver", function(drv, dbdir, read_only, ...) {
  stopifnot(isTRUE(read_only), file.exists(dbdir))
  new("StandInConnection", dbdir = dbdir)
})

setMethod("dbGetQuery", signature("StandInConnection", "character"), function(conn, statement, ...) {
  arguments <- c("-readonly", "-csv", shQuote(conn@dbdir), "-c", shQuote(statement))
  utils::read.csv(text = system2("duckdb", arguments, stdout = TRUE))
})

setMethod("dbDisconnect", "StandInConnection", function(conn, ...) invisible(TRUE))
