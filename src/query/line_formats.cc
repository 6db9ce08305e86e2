#include "query/line_formats.h"

#include "pond/query.h"
#include "query/union_relation.h"

namespace pond::query {
namespace {

// https://httpd.apache.org/docs/2.4/logs.html; in quotes, \" and \\ stand for themselves.
constexpr const char* kLogLine =
    R"re(^(\S+) (\S+) (.+?) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?\s*$)re";
constexpr const char* kRequest = R"re(^(\S+) (.*?)(?: (HTTP/\S+))?$)re";

// AnyValue's members; the first that is there, as text.
constexpr const char* kAnyValue =
    "coalesce(a.value->>'stringValue', a.value->>'intValue', a.value->>'doubleValue', "
    "a.value->>'boolValue', CAST(a.value AS VARCHAR))";

std::string attributes(const std::string& list) {
  return "map_from_entries(list_transform(coalesce(" + list +
         ", []), lambda a: {'k': a.key, 'v': " + kAnyValue + "}))";
}

}  // namespace

std::string weblog_relation(const ByteFile& file) {
  const std::string lines = "read_csv(" + literal_path(file.path.string()) + ", compression='" +
                            duckdb_name(file.compression) +
                            "', columns={'line': 'VARCHAR'}, delim=chr(1), quote='', escape='',"
                            " header=false, auto_detect=false, max_line_size=16777216)";
  const std::string bad = "error(" + quote_literal(file.shown + ": line ") +
                          " || number || ': not in the Common or Combined Log Format: ' ||"
                          " left(line, 80))";
  const auto text = [](const std::string& name) {
    return "nullif(nullif(f." + name + ", '-'), '') AS " + name;
  };
  return "(SELECT strptime(f.time, '%d/%b/%Y:%H:%M:%S %z') AS timestamp, " + text("host") + ", " +
         text("ident") + ", " + text("\"user\"") + ", " + text("request") +
         ", nullif(r.method, '') AS method, nullif(r.path, '') AS path,"
         " nullif(r.protocol, '') AS protocol, TRY_CAST(f.status AS SMALLINT) AS status,"
         " TRY_CAST(f.bytes AS BIGINT) AS bytes, " +
         text("referer") + ", " + text("agent") + " FROM (SELECT f, regexp_extract(f.request, " +
         quote_literal(kRequest) +
         ", ['method', 'path', 'protocol']) AS r FROM (SELECT CASE WHEN m.time = '' THEN " + bad +
         " ELSE m END AS f FROM (SELECT line, number, regexp_extract(line, " +
         quote_literal(kLogLine) +
         ", ['host', 'ident', 'user', 'time', 'request', 'status', 'bytes', 'referer', 'agent'])"
         " AS m FROM (SELECT line, row_number() OVER () AS number FROM " +
         lines + ") WHERE line IS NOT NULL))))";
}

std::string oteljson_relation(const ByteFile& file) {
  const std::string pairs = "STRUCT(\"key\" VARCHAR, \"value\" JSON)[]";
  const std::string points =
      "STRUCT(\"dataPoints\" STRUCT(\"timeUnixNano\" VARCHAR, \"asDouble\" "
      "DOUBLE, \"asInt\" VARCHAR, \"sum\" DOUBLE, \"count\" VARCHAR, "
      "\"attributes\" " +
      pairs + ")[])";
  const std::string metrics = "STRUCT(\"name\" VARCHAR, \"unit\" VARCHAR, \"gauge\" " + points +
                              ", \"sum\" " + points + ", \"histogram\" " + points + ")[]";
  const std::string resources = "STRUCT(\"resource\" STRUCT(\"attributes\" " + pairs +
                                "), \"scopeMetrics\" STRUCT(\"scope\" STRUCT(\"name\" VARCHAR), "
                                "\"metrics\" " +
                                metrics + ")[])[]";
  return "(SELECT make_timestamptz(p.\"timeUnixNano\"::BIGINT // 1000) AS timestamp, metric, unit,"
         " coalesce(p.\"asDouble\", p.\"asInt\"::DOUBLE, p.\"sum\") AS value,"
         " p.\"count\"::BIGINT AS count, " +
         attributes("p.attributes") + " AS attributes, " + attributes("resource") +
         " AS resource, scope FROM (SELECT resource, scope, m.name AS metric, m.unit AS unit,"
         " unnest(list_concat(list_concat(coalesce(m.gauge.\"dataPoints\", []),"
         " coalesce(m.\"sum\".\"dataPoints\", [])), coalesce(m.histogram.\"dataPoints\", []))) AS p"
         " FROM (SELECT resource, s.scope.name AS scope, unnest(s.metrics) AS m FROM"
         " (SELECT r.resource.attributes AS resource, unnest(r.\"scopeMetrics\") AS s FROM"
         " (SELECT unnest(\"resourceMetrics\") AS r FROM read_json(" +
         literal_path(file.path.string()) + ", compression='" + duckdb_name(file.compression) +
         "', format='newline_delimited', maximum_object_size=134217728, "
         "columns={'resourceMetrics': " +
         quote_literal(resources) + "}))))))";
}

}  // namespace pond::query
