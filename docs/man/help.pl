#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# What the programs say of their verbs and options, written into the man pages and the bash
# completion, so that a page cannot say otherwise. In a page the block between
#
#     .\" begin verbs PROGRAM            (or summary PROGRAM, options PROGRAM [VERB], file PROGRAM)
#     .\" end
#
# is replaced; the rest of a page is written by people. A program that is not built keeps its block.
# So is, in an example of a configuration file, the block between `# begin options PROGRAM` and
# `# end`: every option the file does not name above it.
#
# usage: help.pl [--check] BIN-FOLDER     (from the top of the tree)
use strict;
use warnings;

my $check = @ARGV && $ARGV[0] eq '--check' ? shift : 0;
my $bin = shift // die "usage: help.pl [--check] BIN-FOLDER\n";
my @programs = qw(waymark waymark-agent waymark-collector waymark-lab);
my $completion = 'deploy/completion/waymark';
my (%asked, $stale);

# --- asking -----------------------------------------------------------------------------------------

# One answer to --help, taken apart.
sub ask {
	my ($program, @verbs) = @_;
	my $key = join ' ', $program, @verbs;
	return $asked{$key} if exists $asked{$key};
	return $asked{$key} = undef unless -x "$bin/$program";
	open(my $in, '-|', "$bin/$program", @verbs, '--help') or die "$key: $!\n";
	my %h = (path => $key, usage => [], text => [], options => [], file => [], examples => [], verbs => []);
	my $in_part = 'text';
	while (my $line = <$in>) {
		chomp $line;
		if ($line =~ /^usage: (.*)/) {
			push @{ $h{usage} }, $1;
			$in_part = 'usage';
		} elsif ($in_part eq 'usage' && $line =~ /^       (\S.*)/) {
			push @{ $h{usage} }, $1;
		} elsif ($line =~ /^(Options|Options in the configuration file|Examples):$/) {
			$in_part = $1 eq 'Options' ? 'options' : $1 eq 'Examples' ? 'examples' : 'file';
		} elsif ($in_part eq 'options' && $line =~ /^  --([a-z0-9-]+)(?: (\S+))? +(.*)/) {
			push @{ $h{options} }, { name => $1, value => $2, help => $3 } unless $1 eq 'help';
		} elsif ($in_part eq 'file' && $line =~ /^  ([a-z0-9-]+) += (\S.*?)  +(.*)/) {
			push @{ $h{file} }, { name => $1, value => $2, help => $3 };
		} elsif ($in_part eq 'file' && $line =~ /^  ([a-z0-9-]+) += (NAME INTERFACE SOCKET IPV4 \[IPV6\]) +(.*)/) {
			push @{ $h{file} }, { name => $1, value => $2, help => $3 };
		} elsif ($in_part eq 'examples') {
			push @{ $h{examples} }, $line;
		} elsif ($in_part ne 'options' && "@{ $h{usage} }" =~ /VERB/ && $line =~ /^  ([a-z0-9-]+)  +(\S.*)/) {
			push @{ $h{verbs} }, [ $1, $2 ];
			$in_part = 'verbs';
		} elsif ($in_part eq 'usage' || $in_part eq 'text') {
			$in_part = 'text' if $line eq '';
			push @{ $h{text} }, $line;
		}
	}
	close $in;
	return $asked{$key} = \%h;
}

# Every verb below, groups first, as answers.
sub walk {
	my ($program, @verbs) = @_;
	my $h = ask($program, @verbs) or return;
	return ($h) unless @{ $h->{verbs} };
	return ($h, map { walk($program, @verbs, $_->[0]) } @{ $h->{verbs} });
}

# --- mdoc -------------------------------------------------------------------------------------------

sub plain {
	my ($text) = @_;
	$text =~ s/\\/\\e/g;
	$text =~ s/…/.../g;
	$text =~ s/`([^`']*)`/\\(lq$1\\(rq/g;
	$text =~ s/µ/\\(mc/g;
	$text =~ s/"/\\(dq/g if $text =~ /^\./;
	$text =~ s/^([.'])/\\&$1/mg;
	return $text;
}

sub sentences {
	my $text = plain(join ' ', grep { $_ ne '' } @_);
	$text =~ s/([.:]) +(?=[A-Z])/$1\n/g;
	return length $text ? "$text\n" : '';
}

sub verbatim {
	return ".Bd -literal -offset indent\n" . join('', map { plain($_) . "\n" } @_) . ".Ed\n";
}

sub list {
	my ($dash, @options) = @_;
	return '' unless @options;
	my $out = ".Bl -tag -width Ds\n";
	for my $o (@options) {
		my $value = defined $o->{value} ? ' Ar ' . join(' ', split ' ', $o->{value}) : '';
		$out .= $dash ? ".It Fl -$o->{name}$value\n" : ".It Cm $o->{name} No =$value\n";
		$out .= sentences($o->{help});
	}
	return "$out.El\n";
}

# Options that many verbs share are told once, under COMMON OPTIONS.
my %common = map { $_->{name} => $_->{help} }
	grep { $_->{name} =~ /^(data|db|json|csv)$/ } @{ (ask('waymark', 'node', 'list') // {})->{options} // [] };

sub one_verb {
	my ($h) = @_;
	my $out = ".Ss $h->{path}\n" . verbatim(@{ $h->{usage} });
	my $text = sentences(@{ $h->{text} });
	my @own = grep { ($common{ $_->{name} } // '') ne $_->{help} } @{ $h->{options} };
	my @shared = grep { ($common{ $_->{name} } // '') eq $_->{help} } @{ $h->{options} };
	$out .= $text . list(1, @own);
	$out .= ".Pp\n" if @shared && (@own || length $text);
	$out .= "Common options:\n.Fl " . join(" ,\n.Fl ", map { "-$_->{name}" } @shared) . " .\n" if @shared;
	my @examples = map { s/^  //r } @{ $h->{examples} };
	$out .= verbatim(@examples) if @examples;
	return $out;
}

sub verbs {
	my ($program) = @_;
	my @all = walk($program) or return;
	return join '', map { one_verb($_) } grep { !@{ $_->{verbs} } } @all;
}

sub summary {
	my $h = ask(@_) or return;
	return ".Bl -tag -width operator -compact\n"
		. join('', map { ".It Cm $_->[0]\n" . sentences($_->[1]) } @{ $h->{verbs} }) . ".El\n";
}

sub block {
	my ($kind, $program, $verb) = @_;
	return verbs($program) if $kind eq 'verbs';
	return summary($program) if $kind eq 'summary';
	my $h = ask($program, $verb // ()) or return;
	return list(0, @{ $h->{file} }) if $kind eq 'file';
	return list(1, @{ $h->{options} });
}

# --- examples of configuration files ----------------------------------------------------------------

sub rest {
	my ($program, $above) = @_;
	my $h = ask($program) or return;
	my %named = map { $_ => 1 } $above =~ /^(?:# )?([a-z0-9-]+) = /gm;
	my $out = '';
	for my $o (grep { !$named{ $_->{name} } } @{ $h->{file} }) {
		my ($help, $default) = $o->{help} =~ /^(.*?)(?: \(default (.*)\))?$/;
		$out .= "# $help\n# $o->{name} = " . ($default // $o->{value}) . "\n";
	}
	return $out;
}

# --- bash completion --------------------------------------------------------------------------------

sub completion {
	my ($old) = @_;
	my $out = '';
	for my $program (@programs) {
		$out .= join '', $old =~ /^(\t'\Q$program\E[' ].*\n)/gm unless -x "$bin/$program";
		for my $h (walk($program), $program eq 'waymark-agent' ? ask($program, 'keygen') // () : ()) {
			my @words = (map({ $_->[0] } @{ $h->{verbs} }), map({ "--$_->{name}" } @{ $h->{options} }));
			push @words, qw(run check print keygen) if $h->{path} eq 'waymark-agent';
			push @words, '--help';
			$out .= "\t'$h->{path}') words='@words' ;;\n";
		}
	}
	return $out;
}

# --- writing ----------------------------------------------------------------------------------------

sub replace {
	my ($file, $new) = @_;
	open(my $in, '<', $file) or die "$file: $!\n";
	my $old = do { local $/; <$in> };
	close $in;
	my $text = $new->($old);
	return if $text eq $old;
	if ($check) {
		print "$file differs from what the programs say; run make man\n";
		$stale = 1;
		return;
	}
	open(my $to, '>', $file) or die "$file: $!\n";
	print $to $text;
	close $to or die "$file: $!\n";
}

for my $page (glob('docs/man/*.[1-8]')) {
	replace($page, sub {
		my ($text) = @_;
		$text =~ s{^(\.\\" begin (\w+) (\S+)(?: (\S+))?\n)(.*?)(?=^\.\\" end$)}
			{ $1 . (block($2, $3, $4) // $5) }gems;
		return $text;
	});
}
for my $example (glob('deploy/*.conf.example')) {
	replace($example, sub {
		my ($text) = @_;
		$text =~ s{\A(.*^# begin options (\S+)\n)(.*?)(?=^# end$)}{ $1 . (rest($2, $1) // $3) }ems;
		return $text;
	});
}
replace($completion, sub {
	my ($text) = @_;
	$text =~ s{(# begin words\n)(.*?)(?=\t# end words\n)}{ $1 . completion($2) }es;
	return $text;
});
exit($stale ? 1 : 0);
