#include "collect/hydrovu_page.h"

#include <gtest/gtest.h>

#include "pond/error.h"

namespace pond::collect::hydrovu {
namespace {

std::string show(const Page& page) {
  std::string text;
  for (const Quantity& quantity : page.quantities) {
    text += quantity.parameter_id + "/" + quantity.unit_id + ":";
    for (const TimedValue& r : quantity.readings) {
      text += " " + std::to_string(r.seconds) + "=" + std::to_string(r.value).substr(0, 4);
    }
    text += ";";
  }
  if (page.unreadable > 0) text += " unreadable " + std::to_string(page.unreadable);
  return text;
}

TEST(HydrovuPage, ReadsQuantitiesAndReadings) {
  EXPECT_EQ(show(parse_page(R"({"locationId":7,"parameters":[
      {"customParameter":false,"parameterId":"1","unitId":"2",
       "readings":[{"timestamp":100,"value":8.75},{"timestamp":200,"value":-1}]},
      {"parameterId":"3","unitId":"4","readings":[]}]})")),
            "1/2: 100=8.75 200=-1.0;3/4:;");
}

TEST(HydrovuPage, OrderOfMembersAndUnknownOnesDoNotMatter) {
  EXPECT_EQ(
      show(parse_page(
          R"({"extra":{"parameters":[{"parameterId":"9","readings":[{"timestamp":1,"value":1}]}]},
      "parameters":[{"readings":[{"value":2.5,"quality":{"value":99,"timestamp":5},"timestamp":100}],
      "tags":[[{"readings":[{"timestamp":3,"value":3}]}]],"unitId":4,"parameterId":3}]})")),
      "3/4: 100=2.50;");
}

TEST(HydrovuPage, ReadingsWithoutTimeOrNumberAreCounted) {
  EXPECT_EQ(show(parse_page(R"({"parameters":[{"parameterId":"1","unitId":"1","readings":[
      {"timestamp":100,"value":null},{"value":2},{"timestamp":-5,"value":2},{"timestamp":1e18,"value":2},
      {"timestamp":"100","value":2},{"timestamp":100,"value":2}]}]})")),
            "1/1: 100=2.00; unreadable 5");
}

TEST(HydrovuPage, EveryCutIsNoticed) {
  const std::string whole =
      R"({"locationId":7,"parameters":[{"parameterId":"1","unitId":"2","readings":[{"timestamp":100,"value":8.5}]}]})";
  EXPECT_EQ(show(parse_page(whole)), "1/2: 100=8.50;");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(parse_page(whole.substr(0, length)), Error) << length;
  }
  EXPECT_THROW(parse_page("[1,2]"), Error);
  EXPECT_THROW(parse_page("7"), Error);
}

}  // namespace
}  // namespace pond::collect::hydrovu
