// What an inbox takes, and local times.
#include <fstream>

#include "factory/inbox_rows.h"
#include "scene.h"

namespace pond::factory {
namespace {

class Drops {
 public:
  Drops() : path_(std::filesystem::temp_directory_path() / ("drops-" + Uuid::v7().to_string())) {
    std::filesystem::create_directories(path_);
  }
  ~Drops() { std::filesystem::remove_all(path_); }
  Drops(const Drops&) = delete;
  Drops& operator=(const Drops&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::string url(const std::string& scheme, const std::string& name) const {
    return scheme + "://" + (path_ / name).string();
  }
  std::string text() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string lines(const RunReport& report) {
  std::string all;
  for (const auto& line : report.lines)
    all += line.substr(0, line.find(" from ")) + "\n";
  return all;
}

// Local times of a zone, in order of their rows, as UTC.
std::string in_utc(const std::string& zone, const std::vector<std::string>& times) {
  std::string values;
  for (std::size_t i = 0; i < times.size(); ++i)
    values +=
        (i > 0 ? ", " : "") + ("(TIMESTAMP '" + times[i] + "', 'T', " + std::to_string(i)) + ")";
  query::Session session(nullptr, {});
  std::ostringstream out;
  query::write_result(
      *session.query("SELECT strftime(t, '%d %H:%M') AS t FROM (" +
                     zoned_sql("(VALUES " + values + ") v(t, name, n)", "t", zone, {"name"}) +
                     ") ORDER BY n"),
      query::Output::Csv, out);
  std::string text = out.str().substr(2);
  std::replace(text.begin(), text.end(), '\n', ',');
  return text;
}

TEST(LocalTime, OrdinaryDays) {
  EXPECT_EQ(in_utc("America/New_York", {"2018-01-15 12:00:00", "2018-07-15 12:00:00"}),
            "15 17:00,15 16:00,");
}

TEST(LocalTime, TheHourThatComesTwice) {
  EXPECT_EQ(in_utc("America/New_York",
                   {"2018-11-04 00:59:00", "2018-11-04 01:00:00", "2018-11-04 01:30:00",
                    "2018-11-04 01:00:00", "2018-11-04 01:30:00", "2018-11-04 02:00:00"}),
            "04 04:59,04 05:00,04 05:30,04 06:00,04 06:30,04 07:00,");
}

TEST(LocalTime, TheHourThatIsLeftOutAndZonesThatAreOdd) {
  EXPECT_EQ(in_utc("America/New_York",
                   {"2018-03-11 01:59:00", "2018-03-11 02:30:00", "2018-03-11 03:00:00"}),
            "11 06:59,11 07:30,11 07:00,");
  // Half an hour comes twice on Lord Howe Island.
  EXPECT_EQ(in_utc("Australia/Lord_Howe", {"2018-04-01 01:20:00", "2018-04-01 01:40:00",
                                           "2018-04-01 01:40:00", "2018-04-01 02:10:00"}),
            "31 14:20,31 14:40,31 15:10,31 15:40,");
  EXPECT_EQ(in_utc("UTC", {"2018-04-01 01:20:00"}), "01 01:20,");
}

TEST(Inbox, EachContentOnce) {
  Pond pond;
  const Drops drops;
  drops.write("1.txt", "one");
  drops.write("sub/2.txt", "two");
  pond.make("/in", "inbox", "{pattern: " + drops.text() + "/**, pond_path: /got}");
  EXPECT_EQ(lines(pond.run("/in")), "/got/1.txt: new\n/got/sub/2.txt: new\n");
  EXPECT_EQ(lines(pond.run("/in")), "nothing new\n");
  EXPECT_EQ(pond.run("/in").commits, 0U);
  drops.write("3.txt", "two");
  drops.write("1.txt", "one and more");
  EXPECT_EQ(lines(pond.run("/in")), "/got/1.txt: version 2\n");
  // What was taken out of the pond does not come back.
  auto transaction = pond.fs.begin();
  pond.fs.root().remove("/got/1.txt");
  transaction.commit();
  EXPECT_EQ(lines(pond.run("/in")), "nothing new\n");
}

TEST(Inbox, OnlyNewRowsAndNewColumns) {
  Pond pond;
  const Drops drops;
  pond.make(
      "/in", "inbox",
      "{pattern: '" + drops.url("host+csv+series", "*.csv") + "', pond_path: /got, name: all}");
  drops.write("a.csv", "timestamp,v,empty\n2024-01-01T00:00:00Z,1,\n2024-01-01T00:00:00Z,1,\n");
  EXPECT_EQ(lines(pond.run("/in")), "/got/all: 2 new rows\n");
  drops.write("a.csv",
              "timestamp,v,empty\n2024-01-01T00:00:00Z,1,\n2024-01-01T00:00:00Z,1,\n"
              "2024-01-01T00:00:00Z,1,\n2024-01-01T02:00:00Z,2.5,\n");
  drops.write("b.csv", "timestamp,w,v\n2024-01-01T00:00:00Z,,1\n2024-01-01T03:00:00Z,7,3\n");
  EXPECT_EQ(lines(pond.run("/in")), "/got/all: 2 new rows\n/got/all: 1 new rows\n");
  EXPECT_EQ(pond.ask("SELECT * FROM '/got/all' ORDER BY timestamp"),
            "timestamp,v,w\n"
            "2024-01-01T00:00:00Z,1.0,\n"
            "2024-01-01T00:00:00Z,1.0,\n"
            "2024-01-01T00:00:00Z,1.0,\n"
            "2024-01-01T02:00:00Z,2.5,\n"
            "2024-01-01T03:00:00Z,3.0,7\n");
}

TEST(Inbox, ABadFileKeepsNoneOut) {
  Pond pond;
  const Drops drops;
  drops.write("a.csv", "timestamp,v\n2024-01-01T00:00:00Z,1\n");
  drops.write("b.csv", "when,v\n2024-01-01T00:00:00Z,1\n");
  drops.write("c.csv", "timestamp,v\n2024-01-01T00:00:00Z,3\n");
  pond.make("/in", "inbox", "pattern: " + drops.url("host+csv+series", "*.csv"));
  EXPECT_EQ(error_from([&] { pond.run("/in"); }),
            "InvalidArgument: " + drops.text() +
                "/b.csv has no column 'timestamp' for its times | set time_column to one of its "
                "columns: when, v; the other files are brought in");
  EXPECT_EQ(pond.paths("/inbox/*"), (std::vector<std::string>{"/inbox/a.csv", "/inbox/c.csv"}));
}

TEST(Inbox, TablesAreReplaced) {
  Pond pond;
  const Drops drops;
  drops.write("t.csv", "a\n1\n");
  pond.make("/in", "inbox", "pattern: " + drops.url("host+csv+table", "t.csv"));
  EXPECT_EQ(lines(pond.run("/in")), "/inbox/t.csv: new\n");
  drops.write("t.csv", "a\n1\n2\n");
  EXPECT_EQ(lines(pond.run("/in")), "/inbox/t.csv: version 2\n");
  EXPECT_EQ(pond.ask("SELECT sum(a) AS s FROM '/inbox/t.csv'"), "s\n3\n");
  // Another inbox knows what is there.
  pond.make("/other", "inbox", "pattern: " + drops.url("host+csv+table", "t.csv"));
  pond.run("/other");
  EXPECT_EQ(pond.fs.root().get("/inbox/t.csv").info().version, 2U);
}

}  // namespace
}  // namespace pond::factory
