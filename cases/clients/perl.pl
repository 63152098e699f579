# Net::SMTP of Perl's core with IO::Socket::SSL, as a driver (README.md). A mail has a connection and an SSL context of its
# own. With the word `session-cache` all contexts share one cache of sessions; with `reuse-ctx` they are one context, as
# IO::Socket::SSL's documentation advises where connections to a host are many.
use strict;
use warnings;

BEGIN {
    require Socket;
    no warnings 'redefine';
    my $resolve = \&Socket::getaddrinfo;
    *Socket::getaddrinfo = sub { my ($host, @rest) = @_; $resolve->('127.0.0.1', @rest) };
}
use Encode qw(encode_utf8);
use IO::Socket::SSL;
use JSON::PP;
use Net::SMTP;

my $way = $ARGV[0] // '';
my ($cache, $context);
$cache = IO::Socket::SSL::Session_Cache->new(32) if $way eq 'session-cache';

sub tls_words {
    my ($asked) = @_;
    my ($certificate) = @{ $asked->{certificates} };
    my %words = (SSL_ca_file => $asked->{trust}, SSL_verify_mode => SSL_VERIFY_PEER);
    @words{qw(SSL_cert_file SSL_key_file)} = @$certificate{qw(cert key)} if $certificate;
    $words{SSL_session_cache} = $cache if $cache;
    $words{SSL_session_cache_size} = 32 if $way eq 'reuse-ctx';
    $words{SSL_reuse_ctx} = $context if $context;
    return %words;
}

my $refused = qr/alert (?:handshake failure|bad certificate|unsupported certificate|certificate (?:revoked|expired|unknown|required)|unknown ca|access denied|decrypt error)/;

# undef where all that is known is that it failed.
sub outcome {
    my ($code, $text, $said, $stage) = @_;
    return 'tls-refused' if $said =~ $refused;
    return 'connect-failed' if $said =~ /Connection refused/;
    return 'timeout' if $said =~ /timed out|timeout|SSL wants a read/i;
    return $stage eq 'STARTTLS' ? 'no-starttls' : 'refused-by-smtp' if $code >= 400 && $text =~ /\S/;
    return 'tls-failed' if $said =~ /SSL|certificate|verification|cert_file|key/;
    return undef if $code == 0 || $code == 421; # so Net::Cmd says of a connection that it lost, without a text
    return 'protocol-violation';
}

# Net::SMTP has what the server said last; IO::Socket::SSL, what went wrong in TLS.
sub fail {
    my ($smtp, $answer, $stage) = @_;
    my ($code, $text) = $smtp ? ($smtp->code, $smtp->message) : ($@ // '') =~ /: (\d{3}) (.*)/s;
    my $said = join ' ', grep { length } $smtp ? () : $@, $SSL_ERROR // '', $code // 0, $text // '', $! // '';
    $said =~ s/Net::SMTP(::_SSL)?: //;
    $said =~ s/\s+/ /g;
    $stage = 'EHLO' if $stage eq 'STARTTLS' && $smtp && $smtp->isa('IO::Socket::SSL');
    $answer->{outcome} = outcome($code // 0, $text // '', $said, $stage);
    $answer->{error} = "$stage: $said";
}

sub read_file {
    open my $file, '<:raw', shift or die "$!";
    local $/;
    return <$file>;
}

sub talk {
    my ($smtp, $asked, $answer) = @_;
    my $wanted = $asked->{security} eq 'required' || $asked->{security} eq 'optional' && defined $smtp->supports('STARTTLS');
    if ($asked->{mode} ne 'implicit' && $wanted) {
        if (!defined $smtp->supports('STARTTLS')) {
            @$answer{qw(outcome error)} = ('no-starttls', 'STARTTLS is not offered');
            return;
        }
        $smtp->starttls(tls_words($asked)) or return fail($smtp, $answer, 'STARTTLS');
    }
    $smtp->mail($asked->{from}) or return fail($smtp, $answer, 'MAIL');
    $smtp->recipient((map { encode_utf8($_) } @{ $asked->{to} }), { SkipBad => 1 }) or return fail($smtp, $answer, 'RCPT');
    $smtp->data(read_file($asked->{message})) or return fail($smtp, $answer, 'DATA');
    $answer->{outcome} = 'delivered';
}

sub report {
    my ($smtp, $answer) = @_;
    return unless $smtp->isa('IO::Socket::SSL') && defined $smtp->get_sslversion;
    my ($version) = $smtp->get_sslversion =~ /^TLSv(\d_\d|1)/ or return;
    $version =~ tr/_/./;
    $answer->{handshake} = JSON::PP::true;
    $answer->{tls} = $version eq '1' ? '1.0' : $version;
    $answer->{resumed} = $smtp->get_session_reused ? 'yes' : 'no';
    $context ||= $smtp if $way eq 'reuse-ctx';
}

sub deliver {
    my ($asked, $answer) = @_;
    my %tls = $asked->{mode} eq 'implicit' ? (SSL => 1, tls_words($asked)) : ();
    my %domain = $asked->{domain} ? (Hello => $asked->{domain}) : ();
    ($@, $!, $SSL_ERROR) = ('', 0, undef);
    my $smtp = Net::SMTP->new($asked->{host}, Port => $asked->{port}, Timeout => $asked->{timeout_ms} / 1000, %tls, %domain)
        or return fail(undef, $answer, 'connect');
    eval { talk($smtp, $asked, $answer); 1 } or fail(undef, $answer, 'talk');
    report($smtp, $answer);
    $answer->{outcome} // '' eq 'delivered' ? $smtp->quit : $smtp->close;
}

$SIG{PIPE} = 'IGNORE';
$| = 1;
while (my $line = <STDIN>) {
    my $asked = decode_json($line);
    my $answer = { step => $asked->{step} };
    undef $context if $asked->{new_client};
    eval { deliver($asked, $answer); 1 } or fail(undef, $answer, 'deliver');
    delete @$answer{ grep { !defined $answer->{$_} } keys %$answer };
    print encode_json($answer), "\n";
}
