package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

const authorityYears = 10

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := x509.Certificate{
		Subject: pkix.Name{CommonName: "nrm"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := sign(&t, &t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key}, err
}

// keep writes the authority.
func (p plan) keep(ca *authority) error {
	key, err := encodeKey(ca.key)
	if err != nil {
		return err
	}
	return errors.Join(p.write("ca/ca.key", key), p.write("ca.crt", encodeCert(ca.cert.Raw)))
}

func readAuthority(dir string) (*authority, error) {
	cert, err := readPEM(filepath.Join(dir, "ca.crt"), "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	key, err := readPEM(filepath.Join(dir, "ca", "ca.key"), "PRIVATE KEY")
	if err != nil {
		return nil, fmt.Errorf("%w: bring it back for as long as this takes", err)
	}
	ca := new(authority)
	if ca.cert, err = x509.ParseCertificate(cert); err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var ok bool
	if ca.key, ok = parsed.(*ecdsa.PrivateKey); !ok || !ca.key.PublicKey.Equal(ca.cert.PublicKey) {
		return nil, fmt.Errorf("%s holds a key of another authority", dir)
	}
	return ca, nil
}

// certificates makes those of all servers. A NATS server is a server to the
// nodes of the register and a server or a client to other NATS servers.
func (p plan) certificates(ca *authority) error {
	until := p.now.AddDate(0, 0, p.days)
	for _, name := range p.nodes {
		both := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		if err := p.certificate(ca, filepath.Join(name, "node"), slices.Concat([]string{name}, p.also), until, both); err != nil {
			return err
		}
	}
	return p.certificate(ca, "proxy", p.site, until, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth})
}

func (p plan) certificate(ca *authority, file string, hosts []string, until time.Time, use []x509.ExtKeyUsage) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if until.After(ca.cert.NotAfter) {
		until = ca.cert.NotAfter
	}
	t := x509.Certificate{
		Subject: pkix.Name{CommonName: hosts[0]}, NotBefore: p.now.Add(-time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: use, BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := sign(&t, ca.cert, key.Public(), ca.key)
	if err != nil {
		return err
	}
	secret, err := encodeKey(key)
	if err != nil {
		return err
	}
	return errors.Join(p.write(file+".key", secret), p.write(file+".crt", encodeCert(der)))
}

func sign(t, parent *x509.Certificate, public crypto.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, t, parent, public, key)
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

func readPEM(path, kind string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s is not a %s", path, kind)
	}
	return block.Bytes, nil
}
