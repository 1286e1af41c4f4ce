#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The rooms law, lengths, layout: what a reviewer should not have to say. Rules: rooms.txt.
use strict;
use warnings;

chdir(($0 =~ m{^(.*)/tests/lint/})[0] // '.') or die "cannot find the tree\n";
my $FILE_LINES = 400;
my $FUNCTION_LINES = 60;

my (%room, %io, %only, %seen, %used, @rules_bad);
open(my $rules, '<', 'tests/lint/rooms.txt') or die "rooms.txt: $!\n";
while (<$rules>) {
	s/#.*//;
	next unless /\S/;
	my ($kind, $name, $rest) = /^(room|io|only)\s+(\S+?):\s*(.*?)\s*$/
		or push(@rules_bad, "rooms.txt:$.: not a rule"), next;
	my @list = split ' ', $rest;
	push @rules_bad, map { "rooms.txt:$.: there is no $_" } grep { !-e } $kind eq 'only' ? @list : $name;
	if ($kind eq 'only') {
		$only{$name} = \@list;
		next;
	}
	for my $other (@list) {
		push @rules_bad, "rooms.txt:$.: $name names $other, which is not above it"
			unless $other eq '*' || $seen{$other};
	}
	($kind eq 'room' ? \%room : \%io)->{$name} = { map { $_ => 1 } @list };
	$seen{ ($name =~ m{([^/]+)$})[0] } = 1;
}

my @files = grep { -f } map { glob } map { ("$_/*.[ch]", "$_/*/*.[ch]", "$_/*/*/*.[ch]") }
	qw(shared agent collector deploy);
my (@direction, @long, @functions, @header);

# Where does "x/y.h" live? A half of the house sees shared/ and itself.
sub room_of {
	my ($half, $dir) = @_;
	return -d "$half/$dir" ? "$half/$dir" : -d "shared/$dir" ? "shared/$dir" : undef;
}

sub check_include {
	my ($file, $line, $dir) = @_;
	my ($own) = $file =~ m{^(.*)/};
	return if $dir eq 'proto'; # generated; `only pb-c.h` says who may
	my ($half) = $file =~ m{^([^/]+)};
	my $to = room_of($half, $dir);
	return push @direction, "$file:$line: \"$dir/…\" is no room of this half" unless $to;
	return if $to eq $own || $own !~ m{/} || $file eq 'shared/cli/main.c' || $file =~ m{/main\.c$};
	return push @direction, "$file: $own has no line in rooms.txt" unless $room{$own};
	return if $room{$own}{'*'};
	my $short = ($to =~ m{([^/]+)$})[0];
	return $used{"room $own $short"} = 1 if $room{$own}{$short};
	return $used{"io $own $short"} = 1 if $file =~ /_io\.[ch]$/ && $io{$own} && $io{$own}{$short};
	push @direction, "$file:$line: may not see $to";
}

sub check_system {
	my ($file, $line, $header) = @_;
	my $allowed = $only{$header} or return;
	return if grep { $file eq $_ || index($file, "$_/") == 0 } @$allowed;
	push @header, "$file:$line: <$header> belongs to @$allowed";
}

for my $file (@files) {
	open(my $in, '<', $file) or die "$file: $!\n";
	my @text = <$in>;
	push @long, "$file: " . @text . " lines" if @text > $FILE_LINES;
	my ($start, $name);
	for my $i (0 .. $#text) {
		my $l = $text[$i];
		check_include($file, $i + 1, $1) if $l =~ m{^\s*#\s*include\s+"([^/"]+)/[^"]+"};
		check_system($file, $i + 1, $1) if $l =~ m{^\s*#\s*include\s+[<"]([^">]+)[>"]};
		check_system($file, $i + 1, 'pb-c.h') if $l =~ m{#\s*include.*pb-c\.h};
		if ($l =~ /^\{/) {
			$start = $i;
			($name) = map { /(\w+)\(/ } grep { defined } @text[($i > 6 ? $i - 6 : 0) .. $i - 1];
		} elsif ($l =~ /^\}/ && defined $start) {
			push @functions, "$file:$start: " . ($i - $start - 1) . " lines"
				if $file =~ /\.c$/ && $i - $start - 1 > $FUNCTION_LINES;
			undef $start;
		}
	}
	push @header, "$file: no SPDX line" unless grep { /SPDX-License-Identifier: Apache-2.0/ } @text[0 .. 2];
	push @header, "$file: #ifdef in a .c file" if $file =~ /\.c$/ && grep { /^\s*#\s*if(n?def)?\b/ } @text;
}

my @tests = grep { -f } map { glob } map { "tests/" . '*/' x $_ . '*.[ch]' } 1 .. 5;
my $format = `clang-format-14 --dry-run @files @tests 2>&1 | grep -c 'warning: code should be'`;
chomp $format;

# A leave that nobody takes says something untrue of the room. base comes with every other room.
for my $rule (['room', \%room], ['io', \%io]) {
	my ($kind, $of) = @$rule;
	for my $own (sort keys %$of) {
		push @rules_bad, map { "rooms.txt: nothing in $own includes $_ ($kind)" }
			grep { !/^(\*|base)$/ && !$used{"$kind $own $_"} } sort keys %{ $of->{$own} };
	}
}

# Two rooms that export the same name: the linker takes one and says nothing.
my (%defined, @twice);
for my $library (glob('build/release/*.a')) {
	my $member = '';
	for (`nm -g --defined-only $library 2>/dev/null`) {
		$member = $1 if /^(\S+\.o):/;
		push @{ $defined{$1} }, $member if /^[0-9a-f]+ [TDBR] (\w+)$/;
	}
}
@twice = map { "$_: @{ $defined{$_} }" } grep { @{ $defined{$_} } > 1 } sort keys %defined;

my $n = 0;
sub report {
	my ($what, @bad) = @_;
	$n++;
	print @bad ? "not ok $n - $what\n" : "ok $n - $what\n";
	print STDERR "# Failed: $what\n" if @bad;
	print STDERR "#   $_\n" for @bad;
}

my @idle = grep { !-x } glob("tests/*/*.t .ci/run");

# Every script, wherever it lies; what is only advice differs from one shellcheck to the next.
sub is_script {
	open(my $in, '<', $_[0]) or return 0;
	return ((<$in> // '') . (<$in> // '')) =~ m{^#!.*sh$|^# shellcheck shell}m;
}
my @scripts = grep { -f && is_script($_) } glob('.ci/* docs/* deploy/* deploy/*/* tests/* tests/*/* tests/data/*/*');
my @shell = grep { /\S/ } split /\n/, `shellcheck -x -S warning -f gcc @scripts 2>&1`;

print "1..9\n";
report('rooms.txt names only rooms there are, those above, and what is used', @rules_bad);
report('every include keeps its direction', @direction);
report('libraries and headers stay where they belong', @header);
report('no two rooms export the same name', @twice);
report("no file is longer than $FILE_LINES lines", @long);
report("no function is longer than $FUNCTION_LINES lines", @functions);
report('clang-format has nothing to say', $format ? "$format places; run make format" : ());
report('every test can be executed', map { "$_: chmod +x" } @idle);
report('shellcheck warns of nothing', @shell);
