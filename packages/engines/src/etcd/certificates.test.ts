import { describe, expect, it } from 'vitest';
import { secrets } from '../fixture.ts';
import { certificateReason, certificatesEnd, isAboutCertificate } from './certificates.ts';

describe('certificates', () => {
  it('that cannot be read have ended', () => {
    expect(certificatesEnd(secrets.tls)).toBe(0);
  });

  it.each([
    ['self-signed certificate in certificate chain', true],
    ['certificate has expired', true],
    ['0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca', true],
    ['sslv3 alert bad certificate', true],
    ['connect ECONNREFUSED 10.77.1.160:2379', false],
    ['The operation was aborted due to timeout', false],
  ])('are what "%s" is about: %s', (message, isIt) => {
    expect(isAboutCertificate(message)).toBe(isIt);
  });

  it.each([
    ['certificate has expired', 'certificate has expired'],
    ['unable to verify the first certificate; if the root CA is …', 'unable to verify the first certificate'],
    [
      '40ED:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../deps/x.c:918:SSL alert number 48\n',
      'tlsv1 alert unknown ca',
    ],
  ])('%j is told as what it means', (message, reason) => {
    expect(certificateReason(message)).toBe(reason);
  });
});
