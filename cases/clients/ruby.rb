# net/smtp of Ruby's standard library, as a driver (README.md). A mail has a connection and an SSL context of its own.
require 'json'
require 'net/smtp'

REFUSED = /alert (handshake failure|bad certificate|unsupported certificate|certificate (revoked|expired|unknown|required)|unknown ca|access denied|decrypt error)/

# The address of every host is 127.0.0.1.
class << Socket
  alias tcp_by_name tcp
  def tcp(_host, *rest, **words, &block)
    tcp_by_name('127.0.0.1', *rest, **words, &block)
  end
end

def context(asked)
  context = OpenSSL::SSL::SSLContext.new
  context.set_params(ca_file: asked['trust'], verify_mode: OpenSSL::SSL::VERIFY_PEER)
  if (certificate = asked['certificates'].first)
    chain = OpenSSL::X509::Certificate.load_file(certificate['cert'])
    context.add_certificate(chain.first, OpenSSL::PKey.read(File.read(certificate['key'])), chain.drop(1))
  end
  context
end

# nil where all that is known is that it failed.
def outcome(error)
  case error
  when Net::SMTPUnsupportedCommand then 'no-starttls'
  when Net::SMTPError
    status = error.response.respond_to?(:status) ? error.response.status : '5'
    status =~ /\A[45]/ ? 'refused-by-smtp' : 'protocol-violation'
  when Errno::ECONNREFUSED then 'connect-failed'
  when Timeout::Error, Errno::ETIMEDOUT then 'timeout'
  when OpenSSL::OpenSSLError then error.message =~ REFUSED ? 'tls-refused' : 'tls-failed'
  end
end

def client(asked)
  smtp = Net::SMTP.new(asked['host'], asked['port'])
  smtp.open_timeout = smtp.read_timeout = asked['timeout_ms'] / 1000.0
  smtp.disable_starttls
  if asked['mode'] == 'implicit'
    smtp.enable_tls(context(asked))
  elsif asked['security'] == 'required'
    smtp.enable_starttls(context(asked))
  elsif asked['security'] == 'optional'
    smtp.enable_starttls_auto(context(asked))
  end
  smtp
end

def deliver(asked, answer)
  smtp = client(asked)
  smtp.start(helo: asked['domain'] || 'localhost')
  smtp.send_message(File.binread(asked['message']), asked['from'], *asked['to'])
  answer['outcome'] = 'delivered'
ensure
  smtp.finish if smtp&.started?
end

$stdout.sync = true
$stdin.each_line do |line|
  asked = JSON.parse(line)
  answer = { 'step' => asked['step'] }
  begin
    deliver(asked, answer)
  rescue StandardError => e
    answer.update('outcome' => outcome(e), 'error' => "#{e.class}: #{e.message}".strip) unless answer['outcome']
  end
  puts JSON.generate(answer.compact.transform_values { |value| value.is_a?(String) ? value.scrub : value })
end
