#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The man pages lint clean and say of options and verbs what the programs say; every program and
# its configuration have a page; the completion offers the same words.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

pages=(waymark.1 waymark-lab.1 waymark-agent.conf.5 waymark-world.5 waymark.7 waymark-agent.8
	waymark-collector.8)
missing=
for page in "${pages[@]}"; do
	[ -s "docs/man/$page" ] || missing="$missing $page"
done
[ -z "$missing" ]
ok $? "every program and file has a page" "missing:$missing"

if command -v mandoc >/dev/null; then
	said=$(for page in docs/man/*.[1-8]; do mandoc -Tlint -Wwarning "$page"; done)
	[ -z "$said" ]
	ok $? "mandoc has nothing to say" "$said"
else
	skip "mandoc has nothing to say" "mandoc is not installed"
fi

if [ -x build/bin/waymark ]; then
	said=$(docs/man/help.pl --check build/bin)
	ok $? "pages and completion say what --help says" "$said"
else
	skip "pages and completion say what --help says" "build/bin is empty"
fi

empty=$(grep -n '(default )' docs/man/*.[1-8])
[ -z "$empty" ]
ok $? "no help promises a default and names none" "$empty"

# The completion's table knows every verb and option; pages must not promise others.
said=$(perl -e '
	open(my $table, "<", "deploy/completion/waymark") or die;
	my %words = map { /^\t\x27(.+?)\x27\) words=\x27(.*?)\x27/ ? ($1 => " $2 ") : () } <$table>;
	for my $file (@ARGV) {
		open(my $in, "<", $file) or die;
		while (my $line = <$in>) {
			my @commands = $line =~ /^    (?:sudo )?(waymark(?:-\w+)? .*)/ ? ($1) : $line =~ /`(waymark(?:-\w+)? [^`]*)`/g;
			for my $command (@commands) {
				$command =~ s/\s#.*|["\x27].*//;
				my ($path, @rest) = split " ", $command;
				next unless $words{$path};
				$path .= " " . shift @rest while @rest && $words{"$path $rest[0]"};
				my $bad = $words{$path} =~ /^ [a-z]/ && (!@rest || $words{$path} !~ / \Q$rest[0]\E /)
					? "no such verb" : "";
				for my $option (@rest) {
					last if $option eq "--";
					next unless $option =~ s/^(--[a-z0-9-]+).*/$1/;
					$bad ||= "no $option" unless $words{$path} =~ / \Q$option\E / || $option =~ /^--(version|no-header)$/;
				}
				print "$file:$.: $command: $bad\n" if $bad && $command !~ /VERB/;
			}
		}
	}' README.md docs/*.md deploy/lab/README.md)
[ -z "$said" ]
ok $? "pages name only verbs and options there are" "$said"

missing=$(grep -rhoE '(LOG|log_fault)\(LOG_(INFO|WARN|ERROR), "[a-z]+", "[a-z_]+"' agent collector shared |
	sed 's/.*"\([a-z_]*\)"$/\1/' | sort -u | while read -r event; do
	grep -q "\`$event\`" docs/operator.md || echo "$event"
done)
[ -z "$missing" ]
ok $? "docs/operator.md explains every log event" "$missing"

missing=$(sed -n 's/^room \([a-z_/]*\):.*/\1/p' tests/lint/rooms.txt | while read -r room; do
	[ ! -d "$room" ] || grep -q "\`${room##*/}\`\|^### $room" docs/architecture.md || echo "$room"
done)
[ -z "$missing" ]
ok $? "docs/architecture.md knows every room" "$missing"

dead=$(for page in README.md docs/*.md; do
	grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](//; s/)$//' | while read -r to; do
		[ -e "$(dirname "$page")/$to" ] || echo "$page: $to"
	done
done)
[ -z "$dead" ]
ok $? "every link leads to a file" "$dead"

# The examples of the pages on files, as files.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for page in waymark-world.5 waymark-agent.conf.5; do
	awk -v to="$work/$page" '/^\.Sh /{ on = /EXAMPLES/ } /^\.Ed/{ f = 0 } f && !/^operator-key/{ print > (to "." n) }
		on && /^\.Bd/{ f = 1; n++ }' "docs/man/$page"
done
if [ -x build/bin/waymark-lab ] && [ -x build/bin/waymark-agent ]; then
	said=$(build/bin/waymark-lab check "$work/waymark-world.5.1" 2>&1 >/dev/null
		for file in "$work"/waymark-agent.conf.5.[12]; do
			build/bin/waymark-agent check --config "$file" 2>&1 >/dev/null
		done)
	[ -z "$said" ]
	ok $? "examples of files are right" "$said"
else
	skip "examples of files are right" "build/bin is empty"
fi

dead=$(for page in docs/man/*.[1-8]; do
	sed -n 's/^\.Xr \(waymark[a-z.-]*\) \([1-8]\).*/\1.\2/p' "$page" | while read -r to; do
		[ -e "docs/man/$to" ] || echo "$page: $to"
	done
done)
[ -z "$dead" ]
ok $? "every cross-reference leads to a page" "$dead"

said=$(bash -n deploy/completion/waymark 2>&1 && bash -c '
	. deploy/completion/waymark
	COMP_WORDS=(waymark node a) COMP_CWORD=2 && _waymark && echo "${COMPREPLY[*]}"
	COMP_WORDS=(waymark node add --cou) COMP_CWORD=3 && _waymark && echo "${COMPREPLY[*]}"
	COMP_WORDS=(waymark-collector --li) COMP_CWORD=1 && _waymark && echo "${COMPREPLY[*]}"')
[ "$said" = "$(printf 'add\n--country\n--listen')" ]
ok $? "completion offers verbs and options" "$said"

done_testing
