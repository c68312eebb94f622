#include "base/indexed.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

enum class Apple : int {};
enum class Pear : int {};

using Names = IndexedVector<Apple, std::string>;

template <class Container, class Index, class = void>
struct Indexes : std::false_type {};
template <class Container, class Index>
struct Indexes<Container, Index,
               std::void_t<decltype(std::declval<Container&>()[std::declval<Index>()])>>
    : std::true_type {};

static_assert(Indexes<Names, Apple>::value);
static_assert(!Indexes<Names, Pear>::value, "an id of something else is no index");
static_assert(!Indexes<Names, int>::value && !Indexes<Names, std::size_t>::value,
              "a bare number is no index");
static_assert(!std::is_convertible_v<Apple, Pear> && !std::is_convertible_v<Apple, int>);
static_assert(index(following(Apple{3})) == 4 && index(preceding(Apple{3})) == 2);
static_assert(to_id<Apple>(std::size_t{7}) == Apple{7});

template <class Id>
std::vector<int> numbers(const IdRange<Id>& range) {
  std::vector<int> all;
  for (const Id id : range) all.push_back(index(id));
  return all;
}

TEST(IdRange, CountsFromItsFirstIdToTheOneBeforeItsEnd) {
  EXPECT_EQ(numbers(IdRange(Pear{2}, Pear{5})), (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(numbers(ids<Pear>(2)), (std::vector<int>{0, 1}));
  EXPECT_TRUE(ids<Pear>(2).contains(Pear{1}));
  EXPECT_FALSE(ids<Pear>(2).contains(Pear{2}));
}

TEST(IdRange, IsEmptyWhenItsEndLiesBelowItsBegin) {
  EXPECT_TRUE(IdRange(Pear{3}, Pear{1}).empty());
  EXPECT_TRUE(numbers(IdRange(Pear{3}, Pear{1})).empty());
  EXPECT_EQ(IdRange(Pear{3}, Pear{1}).size(), 0);
}

TEST(IndexedVector, GivesEveryThingThatIsAddedTheNextId) {
  Names names{"boskoop"};
  EXPECT_EQ(names.end_id(), Apple{1});
  names.push_back("elstar");
  EXPECT_EQ(names.last_id(), Apple{1});
  EXPECT_EQ(names[names.last_id()], "elstar");
  EXPECT_EQ(numbers(names.ids()), (std::vector<int>{0, 1}));
}

TEST(IndexedVector, RefusesAnIdThatItHasNot) {
  const Names names(2, "");
  EXPECT_TRUE(names.has(Apple{1}));
  EXPECT_FALSE(names.has(Apple{2}) || names.has(Apple{-1}));
  EXPECT_THROW(names.at(Apple{2}), std::out_of_range);
  EXPECT_THROW(names.at(Apple{-1}), std::out_of_range);
}

TEST(IndexedVector, CountsInInt) {
  static_assert(std::is_same_v<decltype(Names().size()), int>);
  EXPECT_EQ(Names(3).size(), 3);
  EXPECT_EQ((IndexedVector<Apple, int>(3, 5)), (IndexedVector<Apple, int>{5, 5, 5}));
}

TEST(IndexedVector, HoldsBitsAndWhatCannotBeCopied) {
  IndexedVector<Apple, bool> ripe(2, false);
  ripe[Apple{1}] = true;
  EXPECT_EQ(ripe.items(), (std::vector<bool>{false, true}));

  IndexedVector<Apple, std::unique_ptr<int>> owned;
  owned.push_back(std::make_unique<int>(4));
  EXPECT_EQ(*owned[Apple{0}], 4);
}

}  // namespace
}  // namespace kirchhoff
