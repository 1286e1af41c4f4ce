// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <time.h>

#include "base/text.h"

// The civil date of a day since 1970: years begin in March, so that leap days come last.
static void date_of(int64_t day, int64_t *year, int *month, int *mday)
{
	day += 719468; // 0000-03-01
	int64_t era = (day >= 0 ? day : day - 146096) / 146097;
	int64_t doe = day - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = (int)(doe - (365 * yoe + yoe / 4 - yoe / 100));
	int mp = (5 * doy + 2) / 153;
	*mday = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

static char *put_digits(char *to, int64_t v, int count)
{
	return text_digits(to, (uint64_t)v, count);
}

// By hand: a bulk measurement writes one for every question.
void wall_write(struct wall t, char out[static WALL_TEXT])
{
	int64_t s = t.ns / NS_PER_S, frac = t.ns % NS_PER_S, year;
	int month, mday;
	if (frac < 0) {
		frac += NS_PER_S;
		s--;
	}
	int64_t day = s / 86400, rest = s % 86400;
	if (rest < 0) {
		rest += 86400;
		day--;
	}
	date_of(day, &year, &month, &mday); // 1677 to 2262: four digits
	char *to = put_digits(out, year, 4);
	*to++ = '-';
	to = put_digits(to, month, 2);
	*to++ = '-';
	to = put_digits(to, mday, 2);
	*to++ = 'T';
	to = put_digits(to, rest / 3600, 2);
	*to++ = ':';
	to = put_digits(to, rest / 60 % 60, 2);
	*to++ = ':';
	to = put_digits(to, rest % 60, 2);
	*to++ = '.';
	to = put_digits(to, frac, 9);
	*to++ = 'Z';
	*to = '\0';
}

static int digits(struct span s, size_t from, size_t len)
{
	uint64_t v = 0;
	struct span part = span_cut(s, from, len);
	if (part.len != len || text_u64(part, 0, 9999, &v) != ERR_OK)
		return -1;
	return (int)v;
}

// The fraction after the seconds; *POS moves past it.
static enum err read_fraction(struct span s, size_t *pos, int64_t *ns)
{
	*ns = 0;
	if (*pos >= s.len || s.at[*pos] != '.')
		return ERR_OK;
	int64_t unit = NS_PER_S;
	size_t first = ++*pos;
	while (*pos < s.len && s.at[*pos] >= '0' && s.at[*pos] <= '9' && unit > 1) {
		unit /= 10;
		*ns += (s.at[*pos] - '0') * unit;
		++*pos;
	}
	return *pos > first ? ERR_OK : ERR_FORMAT;
}

static enum err read_offset(struct span rest, int64_t *seconds)
{
	*seconds = 0;
	if (rest.len == 1 && (rest.at[0] == 'Z' || rest.at[0] == 'z'))
		return ERR_OK;
	if (rest.len != 6 || rest.at[3] != ':' || (rest.at[0] != '+' && rest.at[0] != '-'))
		return ERR_FORMAT;
	int h = digits(rest, 1, 2);
	int m = digits(rest, 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return ERR_RANGE;
	*seconds = (h * 60 + m) * 60 * (rest.at[0] == '-' ? -1 : 1);
	return ERR_OK;
}

enum err wall_read(struct span s, struct wall *out)
{
	*out = (struct wall){ 0 };
	if (s.len < 20)
		return ERR_SHORT;
	if (s.at[4] != '-' || s.at[7] != '-' || (s.at[10] != 'T' && s.at[10] != ' ') ||
	    s.at[13] != ':' || s.at[16] != ':')
		return ERR_FORMAT;
	struct tm tm = {
		.tm_year = digits(s, 0, 4) - 1900,
		.tm_mon = digits(s, 5, 2) - 1,
		.tm_mday = digits(s, 8, 2),
		.tm_hour = digits(s, 11, 2),
		.tm_min = digits(s, 14, 2),
		.tm_sec = digits(s, 17, 2),
	};
	if (tm.tm_year < -1900 || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
	    tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return ERR_RANGE;
	size_t pos = 19;
	int64_t frac, offset;
	enum err err = read_fraction(s, &pos, &frac);
	if (err == ERR_OK)
		err = read_offset(span_cut(s, pos, s.len - pos), &offset);
	if (err != ERR_OK)
		return err;
	int64_t secs = (int64_t)timegm(&tm) - offset;
	if (secs > INT64_MAX / NS_PER_S - 1 || secs < INT64_MIN / NS_PER_S + 1)
		return ERR_RANGE;
	out->ns = secs * NS_PER_S + frac;
	return ERR_OK;
}
