<?php
// PHPMailer, as a driver (README.md). A mail has a connection of its own; with the word `keep-alive` one object keeps its
// connection open (SMTPKeepAlive), as its documentation advises for many mails.
namespace PHPMailer\PHPMailer;

require 'libphp-phpmailer/autoload.php';

// The address of every host is 127.0.0.1.
class Connection extends SMTP
{
    public $taken = false; // whether the server took the message under way

    public function data($message)
    {
        return $this->taken = parent::data($message);
    }

    protected function getSMTPConnection($host, $port = null, $timeout = 30, $options = [])
    {
        $name = preg_replace('/^ssl:\/\//', '', $host);
        if ($name !== 'localhost' && ip2long($name) === false) {
            $options['ssl']['peer_name'] = $name;
            $host = str_replace($name, '127.0.0.1', $host);
        }
        return parent::getSMTPConnection($host, $port, $timeout, $options);
    }
}

// Sends a message that is there already.
class Client extends PHPMailer
{
    public function take($file)
    {
        // The library ends the last line itself.
        [$this->MIMEHeader, $this->MIMEBody] = explode("\r\n\r\n", preg_replace('/\r\n$/D', '', file_get_contents($file)), 2);
        $this->mailHeader = '';
    }

    public function stop()
    {
        $this->smtpClose();
    }
}

function options($asked)
{
    $tls = ['cafile' => $asked['trust']];
    foreach (array_slice($asked['certificates'], 0, 1) as $certificate) {
        $tls += ['local_cert' => $certificate['cert'], 'local_pk' => $certificate['key']];
    }
    return ['ssl' => $tls];
}

function prepare($client, $asked)
{
    $client->Host = $asked['host'];
    $client->Port = $asked['port'];
    $client->Timeout = max(1, intdiv($asked['timeout_ms'], 1000));
    $client->Helo = $asked['domain'] ?? '';
    $client->SMTPAutoTLS = $asked['security'] === 'optional';
    $client->SMTPSecure = $asked['mode'] === 'implicit' ? Client::ENCRYPTION_SMTPS
        : ($asked['security'] === 'required' ? Client::ENCRYPTION_STARTTLS : '');
    $client->SMTPOptions = options($asked);
    $client->Sender = $asked['from'];
    $client->clearAllRecipients();
    foreach ($asked['to'] as $to) {
        $client->addAddress($to);
    }
    $client->take($asked['message']);
}

// null where all that is known is that it failed.
function outcome($said, $code)
{
    if (preg_match('/alert (handshake failure|bad certificate|unsupported certificate|certificate (revoked|expired|unknown|required)|unknown ca|access denied|decrypt error)/', $said)) {
        return 'tls-refused';
    }
    if (preg_match('/timed.?out/i', $said)) {
        return 'timeout';
    }
    if (preg_match('/Connection refused/', $said)) {
        return 'connect-failed';
    }
    if (preg_match('/SSL operation failed|enable crypto|did not match expected|local_cert|SSL:/', $said)) {
        return 'tls-failed';
    }
    if ((int) $code >= 400) {
        return preg_match('/STARTTLS/', $said) ? 'no-starttls' : 'refused-by-smtp';
    }
    return null;
}

function send($client, $asked, &$said)
{
    if ($asked['own_connection']) {
        $client->smtpClose(); // it would not notice that the server has closed it
    }
    $client->getSMTPInstance()->taken = false;
    try {
        prepare($client, $asked); // throws for an address that it does not like
        $client->postSend();
        return ['outcome' => 'delivered'];
    } catch (Exception $e) {
        $error = $client->getSMTPInstance()->getError();
        $said .= $e->getMessage() . ' ' . implode(' ', $error);
        // Some recipients refused, the message taken for the others.
        if ($client->getSMTPInstance()->taken) {
            return ['outcome' => 'delivered'];
        }
        return ['outcome' => outcome($said, $error['smtp_code']), 'error' => preg_replace('/\s+/', ' ', $said)];
    }
}

function fresh()
{
    $client = new Client(true);
    $client->setSMTPInstance(new Connection());
    $client->isSMTP();
    return $client;
}

$keeps = ($argv[1] ?? '') === 'keep-alive';
$client = null;
set_error_handler(function ($number, $text) use (&$said) {
    $said .= "$text ";
    return true;
});
while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true);
    $said = '';
    if ($client !== null && $asked['new_client']) {
        $client->stop();
    }
    if ($client === null || !$keeps || $asked['new_client']) {
        $client = fresh();
    }
    $client->SMTPKeepAlive = $keeps;
    echo json_encode(['step' => $asked['step']] + array_filter(send($client, $asked, $said)), JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
if ($client !== null) {
    $client->stop();
}
