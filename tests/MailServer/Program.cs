using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using IdLcm.MailServer;
using SmtpServer;

// An SMTP server for tests: port, then perhaps a certificate in PEM with its key (STARTTLS is offered then), then perhaps
// user:password (mail is taken only from who signs in so, and only under TLS). Prints every mail as one line of JSON.
var port = int.Parse(args[0], CultureInfo.InvariantCulture);
using var certificate = args.Length > 1 ? X509Certificate2.CreateFromPemFile(args[1]) : null;
using var usable = certificate is null ? null : X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
var account = args.ElementAtOrDefault(2)?.Split(':', 2);
var options = new SmtpServerOptionsBuilder()
    .ServerName("localhost")
    .Endpoint(endpoint =>
    {
        endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, port)).AuthenticationRequired(account is not null);
        if (usable is not null)
        {
            endpoint.Certificate(usable);
        }
    })
    .Build();
var services = new SmtpServer.ComponentModel.ServiceProvider();
services.Add(new PrintingStore());
services.Add(new OneAccount(account));
await new SmtpServer.SmtpServer(options, services).StartAsync(CancellationToken.None);
