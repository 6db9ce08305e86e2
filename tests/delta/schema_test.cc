#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "delta_test_support.h"

namespace pond::delta {
namespace {

TEST(Schema, OfEveryTypeRoundTrips) {
  const auto schema = arrow::schema({
      arrow::field("flag", arrow::boolean(), false),
      arrow::field("i8", arrow::int8()),
      arrow::field("i16", arrow::int16()),
      arrow::field("i32", arrow::int32()),
      arrow::field("i64", arrow::int64()),
      arrow::field("f32", arrow::float32()),
      arrow::field("f64", arrow::float64()),
      arrow::field("s", arrow::utf8()),
      arrow::field("b", arrow::binary()),
      arrow::field("d", arrow::date32()),
      arrow::field("t", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
      arrow::field("tn", arrow::timestamp(arrow::TimeUnit::MICRO)),
      arrow::field("dec", arrow::decimal128(38, 10)),
      arrow::field("st", arrow::struct_({arrow::field("x", arrow::int64(), false)})),
      arrow::field("l", arrow::list(arrow::field("element", arrow::utf8(), false))),
      arrow::field(
          "m", arrow::map(arrow::utf8(), arrow::list(arrow::field("element", arrow::date32())))),
      arrow::field("doc", arrow::utf8(), true, arrow::key_value_metadata({"comment"}, {"a \"q\""})),
  });
  const auto back = schema_from_json(schema_to_json(*schema));
  EXPECT_TRUE(back->Equals(*schema, true)) << back->ToString(true);
}

TEST(Schema, IsTheProtocolsJson) {
  const auto schema = arrow::schema(
      {arrow::field("a", arrow::large_utf8(), false),
       arrow::field("l", arrow::large_list(arrow::field("item", arrow::int32()))),
       arrow::field("m", arrow::map(arrow::utf8(), arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                    true, arrow::key_value_metadata({"PARQUET:field_id"}, {"3"}))});
  EXPECT_EQ(
      schema_to_json(*schema),
      R"({"type":"struct","fields":[)"
      R"({"name":"a","type":"string","nullable":false,"metadata":{}},)"
      R"({"name":"l","type":{"type":"array","elementType":"integer","containsNull":true},"nullable":true,"metadata":{}},)"
      R"({"name":"m","type":{"type":"map","keyType":"string","valueType":"timestamp","valueContainsNull":true},"nullable":true,"metadata":{}}]})");
}

TEST(Schema, NamesTheColumnItCannotTake) {
  const auto error = [](std::shared_ptr<arrow::DataType> type) {
    return error_of([&] { schema_to_json(*arrow::schema({arrow::field("c", type)})); });
  };
  EXPECT_EQ(error(arrow::uint32()), "Unsupported: column c: Delta tables have no type uint32");
  EXPECT_EQ(error(arrow::timestamp(arrow::TimeUnit::NANO)),
            "Unsupported: column c: Delta tables have no type timestamp[ns]");
  EXPECT_EQ(error(arrow::struct_({arrow::field("t", arrow::time64(arrow::TimeUnit::MICRO))})),
            "Unsupported: column c.t: Delta tables have no type time64[us]");
}

TEST(Schema, SaysWhatIsMalformed) {
  const auto error = [](const std::string& json) {
    return error_of([&] { schema_from_json(json); });
  };
  EXPECT_EQ(error("{"), "InvalidArgument: malformed schema: not a JSON object");
  EXPECT_EQ(error(R"({"type":"struct"})"), "InvalidArgument: malformed schema: no 'fields'");
  EXPECT_EQ(error(R"({"type":"struct","fields":[{"name":"v","type":"variant","nullable":true}]})"),
            "Unsupported: column v: type 'variant' is not supported");
  EXPECT_EQ(
      error(
          R"j({"type":"struct","fields":[{"name":"v","type":"decimal(99,1)","nullable":true}]})j"),
      "InvalidArgument: malformed schema of column v: 'decimal(99,1)' is no decimal type");
}

}  // namespace
}  // namespace pond::delta
