// Files whose every line is a record of a known form: logs of web servers, metrics of
// OpenTelemetry.
#pragma once

#include <string>

#include "query/file_format.h"

namespace pond::query {

// Lines in the Common or Combined Log Format of web servers: timestamp, host, ident, user, request,
// method, path, protocol, status, bytes, referer, agent ("-" is NULL). A line of another form ends
// the query with an error that names the file and the line.
std::string weblog_relation(const ByteFile& file);

// OpenTelemetry metrics as the Collector's file exporter writes them, an
// ExportMetricsServiceRequest in JSON a line. Long form, a row a data point of gauges, sums and
// histograms: timestamp, metric, unit, value (of a histogram its sum), count (of a histogram),
// attributes and resource (MAPs of texts), scope.
std::string oteljson_relation(const ByteFile& file);

}  // namespace pond::query
